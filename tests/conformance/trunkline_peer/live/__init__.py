"""Checks of a server of the contract `probe` by a client that keeps the protocol."""

from . import chunking, connecting, calling, streaming, subscribing
from .registry import LIVE

__all__ = ["LIVE", "calling", "chunking", "connecting", "streaming", "subscribing"]
