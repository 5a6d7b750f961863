"""Calls of the server, answered."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

from .connection import Connection
from .extensions import Message
from .limits import PayloadError
from .packing import Layouts, Packing
from .payload import PACKED
from .violations import Violation

CALLS_FEATURE = 16
MOST_BOUND = 4_096
LATER = object()

Handler = Callable[[Any], Any]
_INPUT, _OUTPUT = 0, 0


class Refused(Exception):
    """Says with which code a call is answered that did not run."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Served:
    """What a server calls; handlers answer at once, or never when they give LATER."""

    def __init__(self, connection: Connection, handlers: Dict[str, Handler]) -> None:
        self.layouts: Layouts = {}
        self.withdrawn: List[int] = []
        self._connection = connection
        self._handlers = handlers
        self._bound: List[Tuple[str, Message]] = []
        self._live: Dict[int, str] = {}
        connection.handlers["BIND"] = self._bind
        connection.handlers["CALL"] = self._call
        others = connection.handlers["CANCEL"]
        connection.handlers["CANCEL"] = lambda m: (self._cancel if m["id"] % 2 else others)(m)

    @property
    def waiting(self) -> int:
        """How many handlers have not answered."""
        return len(self._live)

    def forget(self) -> None:
        """Begins with another session: nothing is bound, and nobody waits."""
        self._bound.clear()
        self._live.clear()

    def _bind(self, message: Message) -> None:
        if message["procedure"] != len(self._bound):
            raise Violation("BAD_BIND", f"{message['procedure']} in place of {len(self._bound)}")
        if len(self._bound) >= MOST_BOUND:
            raise Violation("TOO_MANY_BOUND", f"{MOST_BOUND} are bound already")
        is_call = message["procedureKind"] == "call"
        self._bound.append((message["name"] if is_call else "", message))

    def _call(self, message: Message) -> None:
        id, procedure = message["id"], message["procedure"]
        if id % 2 == 0 or id in self._live:
            raise Violation("BAD_CALL_ID", f"id {id}")
        if procedure >= len(self._bound):
            raise Violation("BAD_PROCEDURE", f"procedure {procedure}")
        name, bind = self._bound[procedure]
        try:
            value = self._run(name, bind, message)
        except Refused as refused:
            self._fail(id, refused.code, "no", str(refused))
            return
        if value is LATER:
            self._live[id] = name
            return
        packing = self._outputs(name, bind)
        encoding, data = packing.encode(_OUTPUT, value)
        self._connection.send({"kind": "RESULT", "id": id, "encoding": encoding, "bytes": data})

    def _run(self, name: str, bind: Message, message: Message) -> Any:
        handler = self._handlers.get(name)
        if handler is None:
            raise Refused("NOT_FOUND", "nothing of this name is served")
        inputs = self._packing("send", name)
        is_own = inputs is not None and inputs.receive_hash == bind["sendHash"]
        if message["encoding"] == PACKED and not is_own:
            raise Refused("LAYOUT", "packed with another layout")
        if "idempotencyKey" in message:
            raise Refused("UNAVAILABLE", "no results are kept")
        if message.get("deadlineMs") == 0:
            raise Refused("DEADLINE", "the deadline had passed")
        try:
            value = (inputs or Packing()).decode(_INPUT, message)
        except PayloadError as error:
            raise Refused("INVALID_INPUT", str(error)) from None
        return handler(value)

    def _outputs(self, name: str, bind: Message) -> Packing:
        outputs = self._packing("receive", name)
        is_own = outputs is not None and outputs.send_hash == bind["receiveHash"]
        return outputs if outputs is not None and is_own else Packing()

    def _packing(self, direction: str, name: str) -> Optional[Packing]:
        """What the server sends is what comes here, and the reverse."""
        parts = self.layouts.get(name, {}).get(direction)
        if parts is None:
            return None
        return Packing(None, parts) if direction == "send" else Packing(parts)

    def _cancel(self, message: Message) -> None:
        if self._live.pop(message["id"], None) is None:
            return
        self.withdrawn.append(message["id"])
        code = "DEADLINE" if message["reason"] == "deadline" else "CANCELLED"
        self._fail(message["id"], code, "unknown", "the caller withdrew")

    def _fail(self, id: int, code: str, executed: str, text: str) -> None:
        fields = {"id": id, "executed": executed, "code": code, "message": text}
        self._connection.send({"kind": "ERROR", **fields, "encoding": 0, "bytes": b""})


def agree(value: Any) -> Any:
    """Answers `probe.confirm`."""
    return {"agreed": value == {"text": "sure?"}}


def wait(_: Any) -> Any:
    """Answers nothing."""
    return LATER

