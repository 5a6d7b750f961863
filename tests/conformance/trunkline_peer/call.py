"""A call, stream or publish, seen from its caller."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Deque, Dict, Optional, Tuple

from .connection import WAIT, TimedOut
from .extensions import Message
from .limits import PayloadError
from .packing import DOWN, ERRORS, OUTPUT, UNPACKED, UP, Packing
from .values import UNDEFINED
from .violations import Violation

if TYPE_CHECKING:
    from .calls import Calls

WINDOW_ITEMS, WINDOW_BYTES = 64, 262_144
_FINAL = {"call": {"RESULT"}, "publish": {"RESULT"}, "stream": {"END"}}


class CallError(Exception):
    """Says with which code a call failed, and what is known of its execution."""

    def __init__(self, code: str, executed: str, text: str, data: Any = UNDEFINED) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.executed = executed
        self.data = data


class Call:
    """A call without its final message, or with it; a stream has items as well."""

    def __init__(self, calls: Calls, kind: str, has_items: bool) -> None:
        self.id, self.kind = -1, kind
        self.asked: Tuple[str, Any, Dict[str, Any]] = ("", UNDEFINED, {})
        self.packing = UNPACKED
        self.final: Optional[Message] = None
        self.deadline = math.inf
        self.number = 0
        self.is_void = False
        self._has_items = has_items
        self._withdrawn = self._up_unwanted = False
        self.up_items, self.up_bytes = calls.up_credit
        self.sent_items = self.sent_bytes = 0
        self.credits_sent = 0
        self._calls = calls
        self._items: Deque[Tuple[Message, int]] = deque()
        self._granted = (WINDOW_ITEMS, WINDOW_BYTES)
        self._got_items = self._got_bytes = 0
        self._taken_items = self._taken_bytes = 0

    @property
    def may_go_again(self) -> bool:
        """Tells whether it can be sent again as a whole: not what a program has given items."""
        return self.kind != "stream" and not self._withdrawn

    def move(self, calls: Calls) -> None:
        """Makes it a call of another session, in which it has not been sent."""
        self._calls = calls

    def wait(self, timeout: float = WAIT) -> Message:
        """Waits for the final message."""
        what = f"the final message of call {self.id}"
        self._calls.connection.until(lambda: self.final is not None, what, timeout)
        assert self.final is not None
        return self.final

    def result(self, timeout: float = WAIT) -> Any:
        """Waits for the output, or raises CallError; a deadline passes by the caller's clock."""
        try:
            final = self.wait(max(0.0, min(timeout, self.deadline - time.monotonic())))
        except TimedOut:
            if time.monotonic() < self.deadline:
                raise
            raise CallError("DEADLINE", "unknown", "the deadline passed") from None
        if final["kind"] == "ERROR":
            data = _data(self.packing, final)
            raise CallError(final["code"], final["executed"], final["message"], data)
        if self.kind == "publish" and "published" not in final:
            raise CallError("INTERNAL", "yes", "a publish was answered without its place")
        try:
            return self.packing.decode(OUTPUT, final)
        except PayloadError as error:
            raise CallError("INTERNAL", "yes", str(error)) from None

    def next_item(self, timeout: float = WAIT) -> Any:
        """Takes the next item, or gives UNDEFINED when the stream has ended; allows more items."""
        connection = self._calls.connection
        connection.until(lambda: bool(self._items) or self.final is not None, "an item", timeout)
        if not self._items:
            self.result()
            return UNDEFINED
        message, size = self._items.popleft()
        self._taken_items += 1
        self._taken_bytes += size
        if self.final is None:
            self._raise_credit()
        try:
            return self.packing.decode(DOWN, message)
        except PayloadError as error:
            self.cancel("stopped")
            raise CallError("INTERNAL", "yes", str(error)) from None

    def push(self, item: Any, timeout: float = WAIT) -> None:
        """Sends an item as soon as there is credit; drops it when none is wanted any more."""

        def may_go_on() -> bool:
            return self.has_credit or self._up_unwanted or self.final is not None

        self._calls.connection.until(may_go_on, "credit", timeout)
        if self.final is None and not self._up_unwanted:
            self.push_anyway(item)

    def push_anyway(self, item: Any) -> None:
        """Sends an item, whether there is credit or not."""
        encoding, data = self.packing.encode(UP, item)
        self.sent_items += 1
        self.sent_bytes += len(data)
        self._calls.connection.send(
            {"kind": "ITEM", "id": self.id, "encoding": encoding, "bytes": data}
        )

    @property
    def has_credit(self) -> bool:
        """Tells whether an item may be sent."""
        return self.sent_items < self.up_items and self.sent_bytes < self.up_bytes

    def end(self) -> None:
        """Says that no more items come, unless the callee wants none."""
        if self._up_unwanted or self.final is not None:
            return
        self._calls.connection.send({"kind": "END", "id": self.id, "encoding": 0, "bytes": b""})

    def cancel(self, reason: str = "withdrawn") -> None:
        """Withdraws the call, or says that no more items are wanted; ends it either way."""
        if self.final is not None:
            return
        self._withdrawn = True
        connection = self._calls.connection
        self.is_void = connection.acked < self.number
        connection.void(self.number)
        connection.send({"kind": "CANCEL", "id": self.id, "reason": reason})

    def allow(self, items: int, size: int) -> None:
        """Allows items and bytes in all."""
        self._granted = (max(items, self._granted[0]), max(size, self._granted[1]))
        self.credits_sent += 1
        self._calls.connection.send(
            {"kind": "CREDIT", "id": self.id, "items": items, "bytes": size}
        )

    def tell_credit(self) -> None:
        """Tells again what may be sent in all, since it may not have come."""
        if self._has_items and not self._withdrawn:
            items, size = self._granted
            fields = {"id": self.id, "items": items, "bytes": size}
            self._calls.connection.send({"kind": "CREDIT", **fields})

    def fail(self, code: str, executed: str) -> None:
        """Ends the call without an answer of the callee."""
        fields = {"id": self.id, "code": code, "executed": executed}
        self.final = {"kind": "ERROR", **fields, "message": "", "encoding": 0, "bytes": b""}

    def take(self, message: Message) -> None:
        """Acts on a message about this call."""
        kind = message["kind"]
        if kind == "ERROR" or kind in _FINAL[self.kind]:
            self.final = message
        elif kind == "CREDIT":
            self.up_items = max(self.up_items, message["items"])
            self.up_bytes = max(self.up_bytes, message["bytes"])
        elif kind == "CANCEL":
            self._up_unwanted = self.kind == "stream"
        elif kind == "ITEM" and self._has_items:
            self._take_item(message)
        else:
            raise Violation("BAD_ITEM", f"{kind} for a {self.kind}")

    def _take_item(self, message: Message) -> None:
        items, size = self._granted
        if self._got_items >= items or self._got_bytes >= size:
            raise Violation("NO_CREDIT", f"item {self._got_items} of call {self.id}")
        self._got_items += 1
        self._got_bytes += len(message["bytes"])
        if not self._withdrawn:
            self._items.append((message, len(message["bytes"])))

    def _raise_credit(self) -> None:
        if self._withdrawn:
            return
        left_items = self._granted[0] - self._taken_items
        left_bytes = self._granted[1] - self._taken_bytes
        if left_items > WINDOW_ITEMS // 2 and left_bytes > WINDOW_BYTES // 2:
            return
        self.allow(self._taken_items + WINDOW_ITEMS, self._taken_bytes + WINDOW_BYTES)


def _data(packing: Packing, error: Message) -> Any:
    """Reads the data of an ERROR; there is none when it breaks the rules of payloads."""
    try:
        return packing.decode(ERRORS, error, error["code"])
    except PayloadError:
        return UNDEFINED
