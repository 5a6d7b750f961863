"""Messages that have a number and are not acknowledged yet, so that they can be written again."""

from __future__ import annotations

import time
from collections import deque
from typing import Deque, Iterator, NamedTuple

from .chunks import abort
from .extensions import Message


class _Written(NamedTuple):
    message: Message
    at: float


class Held:
    """What was written, from the oldest number that is not acknowledged on."""

    def __init__(self) -> None:
        self._written: Deque[_Written] = deque()

    def add(self, message: Message) -> None:
        """Holds a message that is written now."""
        self._written.append(_Written(message, time.monotonic()))

    def drop(self, count: int) -> None:
        """Drops the oldest so many."""
        for _ in range(min(count, len(self._written))):
            self._written.popleft()

    def clear(self) -> None:
        """Drops all: their session is over."""
        self._written.clear()

    def void(self, place: int) -> None:
        """Puts VOID in the place of a CALL, or ABORT in that of its last piece."""
        if not 0 <= place < len(self._written):
            return
        message, at = self._written[place]
        is_piece = message["kind"] == "CHUNK"
        instead = abort(message["transfer"]) if is_piece else {"kind": "VOID"}
        self._written[place] = _Written(instead, at)

    def again(self) -> Iterator[Message]:
        """Gives the messages as they are written again: of a deadline, what remains."""
        for message, at in self._written:
            if message["kind"] == "CALL" and "deadlineMs" in message:
                passed = int((time.monotonic() - at) * 1000)
                message = {**message, "deadlineMs": max(0, message["deadlineMs"] - passed)}
            yield message
