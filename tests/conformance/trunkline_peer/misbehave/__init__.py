"""Misbehaviour, and what a server of the contract `probe` is to do about it."""

from . import (
    batches,
    chunks,
    directions,
    extensions,
    frames,
    greeting,
    hello,
    limits,
    opening,
    payload_limits,
    payloads,
    procedures,
    publishing,
    resuming,
    streams,
    subscriptions,
)
from .reactions import MISBEHAVE

__all__ = [
    "MISBEHAVE",
    "batches",
    "chunks",
    "directions",
    "extensions",
    "frames",
    "greeting",
    "hello",
    "limits",
    "opening",
    "payload_limits",
    "payloads",
    "procedures",
    "publishing",
    "resuming",
    "streams",
    "subscriptions",
]
