"""Large messages in pieces: cut into chunks, and joined from them."""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Tuple

from .extensions import Message
from .messages import decode_batch, encode_batch, encode_message
from .violations import Violation

CHUNK_FEATURE = 2
CUT_ABOVE, PIECE = 32 * 1024, 16 * 1024
_MOST_TRANSFERS = 256
_NEVER_CUT = {"BIND", "VOID", "CHUNK"}


def chunk(transfer: int, data: bytes, **more: object) -> Message:
    """Makes a CHUNK that is in the middle of its transfer, unless `more` says another thing."""
    flags = {"isFirst": False, "isLast": False, "isAbort": False, "size": 0}
    return {"kind": "CHUNK", "transfer": transfer, **flags, "bytes": data, **more}


def abort(transfer: int) -> Message:
    """Makes the CHUNK that drops a transfer."""
    return chunk(transfer, b"", isAbort=True)


def cut(message: Message, transfer: int, piece: int = PIECE) -> Iterator[Message]:
    """Cuts a message into the chunks of one transfer."""
    yield from pieces(encode_message(message), transfer, piece)


def pieces(data: bytes, transfer: int, piece: int = PIECE) -> Iterator[Message]:
    """Cuts the bytes of a message into the chunks of one transfer."""
    for start in range(0, len(data), piece):
        first, last = start == 0, start + piece >= len(data)
        size = len(data) if first else 0
        yield chunk(transfer, data[start : start + piece], isFirst=first, isLast=last, size=size)


class Transfers:
    """The transfers of which chunks have come."""

    def __init__(self) -> None:
        self._live: Dict[int, Tuple[int, bytearray]] = {}

    def take(self, piece: Message) -> Optional[Message]:
        """Takes a CHUNK, and gives the message that is complete with it."""
        number = piece["transfer"]
        if piece["isFirst"] != (number not in self._live):
            raise Violation("BAD_CHUNK", f"transfer {number} is not at that place")
        if piece["isAbort"]:
            del self._live[number]
            return None
        if piece["isFirst"]:
            if len(self._live) >= _MOST_TRANSFERS:
                raise Violation("BAD_CHUNK", f"{len(self._live)} transfers are live")
            self._live[number] = (piece["size"], bytearray())
        size, data = self._live[number]
        data += piece["bytes"]
        if len(data) > size or (piece["isLast"] and len(data) < size):
            raise Violation("BAD_CHUNK", f"{len(data)} bytes of {size}")
        if not piece["isLast"]:
            return None
        del self._live[number]
        return _joined(bytes(data))


def _joined(data: bytes) -> Optional[Message]:
    messages = decode_batch(encode_batch(data, 1)).messages
    if len(messages) != 1:
        raise Violation("BAD_CHUNK", "a transfer is one message")
    message = messages[0][1]
    if message is not None and message["kind"] in _NEVER_CUT:
        raise Violation("BAD_CHUNK", f"{message['kind']} in chunks")
    return message
