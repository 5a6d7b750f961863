"""Checks of a server of the contract `probe` by a client that keeps the protocol."""

from . import calling, chunking, connecting, packing, renewing, resuming, streaming, subscribing
from .registry import LIVE

__all__ = [
    "LIVE",
    "calling",
    "chunking",
    "connecting",
    "packing",
    "renewing",
    "resuming",
    "streaming",
    "subscribing",
]
