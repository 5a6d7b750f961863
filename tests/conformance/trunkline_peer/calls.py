"""The calls of one session, and the procedures that are bound in it."""

from __future__ import annotations

import math
import time
from typing import Any, Dict, List, Optional, Set, Tuple

from .call import Call, CallError
from .chunks import CUT_ABOVE
from .connection import Connection
from .extensions import Message
from .messages import MAX_BATCH, encode_message
from .packing import INPUT, Layouts, packing_of
from .values import UNDEFINED

WITHOUT_ITEMS_DOWN = {"probe.sum"}
_HEAD = 5


class Calls:
    """The calls of one connection, and the procedures that are bound on it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.up_credit = (16, 16_384)
        self.live: Dict[int, Call] = {}
        self.layouts: Layouts = {}
        self.unpacked: Set[str] = set()
        self._bound: Dict[Tuple[str, str], int] = {}
        for kind in ("RESULT", "ERROR", "ITEM", "END", "CREDIT", "CANCEL"):
            connection.handlers[kind] = self._take

    def bind(self, name: str, kind: str) -> int:
        """Gives the number of a procedure, and binds it at its first use."""
        number = self._bound.get((name, kind))
        if number is None:
            number = self._bound[(name, kind)] = len(self._bound)
            packing = packing_of(self.layouts, name, kind)
            hashes = {"sendHash": packing.send_hash, "receiveHash": packing.receive_hash}
            fields = {"procedure": number, "procedureKind": kind, "name": name}
            self.connection.send({"kind": "BIND", **fields, **hashes})
        return number

    def start(
        self, name: str, value: Any = UNDEFINED, kind: str = "call", **more: Any
    ) -> Call:
        """Sends a CALL; `more` are further fields of it. What no batch can carry is refused."""
        has_items = kind == "stream" and name not in WITHOUT_ITEMS_DOWN
        call = Call(self, kind, has_items)
        if "deadlineMs" in more:
            call.deadline = time.monotonic() + more["deadlineMs"] / 1000
        call.asked = (name, value, more)
        self._write(call)
        return call

    def repeat(self, calls: List[Call]) -> None:
        """Sends calls again that did not run in an earlier session."""
        for call in calls:
            if call.final is None:
                call.move(self)
                self._write(call)

    def _write(self, call: Call) -> None:
        name, value, more = call.asked
        if "deadlineMs" in more:
            left = (call.deadline - time.monotonic()) * 1000
            more = {**more, "deadlineMs": max(0, min(more["deadlineMs"], math.ceil(left)))}
        procedure = self.bind(name, call.kind)
        packing = packing_of(self.layouts, name, call.kind)
        packing.packs = packing.packs and name not in self.unpacked
        encoding, data = packing.encode(INPUT, value)
        id = next(number for number in range(0, 2**53, 2) if number not in self.live)
        fields = {"id": id, "procedure": procedure, "encoding": encoding, "bytes": data}
        message = {"kind": "CALL", **fields, **more}
        in_chunks = self.connection.cuts and len(data) > CUT_ABOVE
        if not in_chunks and len(encode_message(message)) > MAX_BATCH - _HEAD:
            raise CallError("TOO_LARGE", "no", "the input does not fit into a batch")
        call.id, call.packing = id, packing
        self.live[id] = call
        (self.connection.send_large if in_chunks else self.connection.send)(message)
        call.number = self.connection.tx

    def resumed(self, rx: int) -> None:
        """Frees the ids of calls that were withdrawn before the server had them."""
        for call in [*self.live.values()]:
            if call.is_void and call.number > rx:
                call.fail("CANCELLED", "no")
                del self.live[call.id]

    def tell_credit(self) -> None:
        """Tells again what each stream may send."""
        for call in self.live.values():
            call.tell_credit()

    def lost(self, rx: Optional[int]) -> List[Call]:
        """The session is gone, of which the server had accepted all up to `rx`.

        Gives the calls that are known not to have run, and may go again in the next one.
        """
        again = []
        for call in self.live.values():
            did_not_come = rx is not None and call.number > rx
            if did_not_come and call.may_go_again:
                again.append(call)
                continue
            code = "STREAM_LOST" if call.kind == "stream" else "SESSION_LOST"
            call.fail(code, "no" if did_not_come else "unknown")
        self.live.clear()
        self._bound.clear()
        return again

    def _take(self, message: Message) -> None:
        call = self.live.get(message["id"])
        if call is None:
            return
        call.take(message)
        if call.final is not None:
            del self.live[call.id]
