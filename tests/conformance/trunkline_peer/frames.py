"""Frames of a WebSocket."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Frame(NamedTuple):
    """A frame as it came."""

    fin: bool
    opcode: int
    payload: bytes


def frame(payload: bytes, opcode: int = BINARY, masked: bool = True, fin: bool = True) -> bytes:
    """Makes one frame; a client's frames are masked."""
    size = len(payload)
    mask_bit = 0x80 if masked else 0
    head = bytes([(0x80 if fin else 0) | opcode])
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    key = os.urandom(4)
    repeated = (key * (size // 4 + 1))[:size]
    body = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return head + key + body.to_bytes(size, "big")


def fragmented(payload: bytes, count: int) -> bytes:
    """Makes so many frames of one message; the first ones have a byte each."""
    pieces = [payload[n : n + 1] for n in range(count - 1)] + [payload[count - 1 :]]
    return b"".join(
        frame(piece, CONTINUATION if n else BINARY, fin=n == count - 1)
        for n, piece in enumerate(pieces)
    )
