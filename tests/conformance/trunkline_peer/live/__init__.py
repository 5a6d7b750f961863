"""Checks of a server of the contract `probe` by a client that keeps the protocol."""

from . import connecting, calling, packing, streaming, subscribing
from .registry import LIVE

__all__ = ["LIVE", "calling", "connecting", "packing", "streaming", "subscribing"]
