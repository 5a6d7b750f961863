"""Checks of a server of the contract `probe` by a client that keeps the protocol."""

from . import (
    calling,
    chunking,
    connecting,
    packing,
    renewing,
    resuming,
    rights,
    stopping,
    streaming,
    subscribing,
)
from .registry import LIVE
from .steering import STEERED

__all__ = [
    "LIVE",
    "STEERED",
    "calling",
    "chunking",
    "connecting",
    "packing",
    "renewing",
    "resuming",
    "rights",
    "stopping",
    "streaming",
    "subscribing",
]
