"""How the values of a procedure or topic travel: packed where both peers have its layouts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from .extensions import Message
from .limits import PayloadError
from .packed import NO_HASH, layout_hash, pack, unpack
from .payload import PACKED, decode_payload, encode_payload

_PROBE = Path(__file__).resolve().parent.parent / "probe-layouts.json"

Parts = List[Any]
Layouts = Dict[str, Dict[str, Parts]]


class Packing:
    """The layouts of both directions; without any, all values travel as superjson."""

    def __init__(self, send: Optional[Parts] = None, receive: Optional[Parts] = None) -> None:
        self.packs = send is not None
        self._send, self._receive = send or [], receive or []
        self.send_hash = NO_HASH if send is None else layout_hash(send)
        self.receive_hash = NO_HASH if receive is None else layout_hash(receive)

    def encode(self, position: int, value: Any) -> Tuple[int, bytes]:
        """Encodes what the caller sends at a position: 0 the input or publish, 1 an item up."""
        document = _part(self._send, position) if self.packs else None
        if document is None or document["root"]["kind"] == "bytes":
            return encode_payload(value)
        return PACKED, pack(document, value)

    def decode(self, position: int, message: Message, code: Optional[str] = None) -> Any:
        """Decodes what the caller receives: 0 the output, 1 data of an error, 2 an item down."""
        if message["encoding"] != PACKED:
            return decode_payload(message["encoding"], message["bytes"])
        document = _part(self._receive, position)
        if code is not None:
            document = (document or {}).get(code)
        if document is None:
            raise PayloadError("packed, and there is no layout for it")
        return unpack(document, message["bytes"])


OUTPUT, ERRORS, DOWN = range(3)
INPUT, UP = range(2)
UNPACKED = Packing()


def probe_layouts() -> Layouts:
    """Reads the layouts of the contract `probe`, by the names of its procedures and topics."""
    return json.loads(_PROBE.read_text("utf-8"))


def packing_of(layouts: Layouts, name: str, kind: str) -> Packing:
    """Gives how a procedure or topic travels; `kind` is `call`, `stream`, `publish` or `topic`."""
    known = layouts.get(name, {})
    if kind == "publish":
        return Packing(known["publish"]) if "publish" in known else UNPACKED
    if kind == "topic":
        return Packing(None, known["message"]) if "message" in known else UNPACKED
    return Packing(known["send"], known["receive"]) if "send" in known else UNPACKED


def _part(parts: Parts, position: int) -> Any:
    return parts[position] if position < len(parts) else None
