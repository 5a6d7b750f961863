"""The way to another connection when a server says GOAWAY."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Callable, List, Optional

from .call import Call
from .extensions import Message
from .line import Line
from .websocket import Closed, UpgradeRefused

if TYPE_CHECKING:
    from .session import Session

GOAWAY_FEATURE = 8
DRAINING, DONE = 4503, 1000
_FIRST_BOUND, _MOST_BOUND, _LEAST = 0.25, 20.0, 0.05
_STAYED = 10.0


class Mover:
    """Moves a program's session to the next connection, and leaves the one before."""

    def __init__(self, session: Session, hello: Message) -> None:
        self._session, self._hello = session, hello
        self._next: Optional[Line] = None
        self._plan: object = None
        self._bound = _FIRST_BOUND
        self._moved_at: Optional[float] = None
        self._again: List[Call] = []
        self._watch(session.line)

    def _watch(self, line: Line) -> None:
        otherwise = line.connection.on_end
        line.connection.handlers["GOAWAY"] = lambda message: self._told(line, message)
        line.connection.on_end = lambda closed: self._ended(line, closed, otherwise)

    def _told(self, line: Line, message: Message) -> None:
        if self._next is not None or line is not self._session.line:
            # It is about to be left already.
            return
        after = message["afterMs"] / 1000
        if self._moved_at is not None and time.monotonic() - self._moved_at < _STAYED:
            after = max(after, self._growing_delay())
        self._begin_after(line, after)

    def _growing_delay(self) -> float:
        delay = random.uniform(_LEAST, self._bound)
        self._bound = min(self._bound * 2, _MOST_BOUND)
        return delay

    def _begin_after(self, line: Line, seconds: float) -> None:
        """Plans the next connection, in place of what was planned before."""
        plan = self._plan = object()

        def begin() -> None:
            if plan is self._plan and line is self._session.line:
                self._begin(line)

        line.connection.later(seconds, begin)

    def _begin(self, line: Line) -> None:
        try:
            following = Line(self._session.options)
        except (OSError, Closed, UpgradeRefused):
            self._begin_after(line, self._growing_delay())
            return
        self._next = following
        following.connection.group = line.connection.group
        following.connection.group.append(following.connection)
        following.begin(self._hello)
        resumes = following.connection.on_end
        welcomed = following.connection.handlers["WELCOME"]

        def arrive(message: Message) -> None:
            welcomed(message)
            if self._next is following:
                following.connection.on_end = resumes
                self._arrived(line, following)

        following.connection.handlers["WELCOME"] = arrive
        following.connection.on_end = lambda _: self._failed(line, following)

    def _failed(self, line: Line, following: Line) -> bool:
        """The next connection has ended before WELCOME; another one follows later."""
        following.connection.group.remove(following.connection)
        self._next = None
        if line.connection in line.connection.group:
            self._begin_after(line, self._growing_delay())
            return True
        # Nothing is left on which one could wait.
        while self._next is None:
            time.sleep(self._growing_delay())
            self._begin(line)
        return True

    def _arrived(self, line: Line, following: Line) -> None:
        self._next, self._moved_at = None, time.monotonic()
        self._session.line = following
        following.topics.take_over(line.topics)
        following.topics.begin_anew()
        following.repeat(self._again)
        self._again = []
        self._watch(following)
        line.connection.on_batch = lambda: self._leave_if_done(line)
        line.connection.later(0.0, lambda: self._leave_if_done(line))

    def _leave_if_done(self, line: Line) -> None:
        group = line.connection.group
        if line.is_done and line.connection in group:
            group.remove(line.connection)
            line.connection.ws.close(DONE, "DONE")

    def _ended(
        self, line: Line, closed: Closed, otherwise: Optional[Callable[[Closed], bool]]
    ) -> bool:
        """Tells whether the program goes on after the end of a connection."""
        is_left = line is not self._session.line
        if not is_left and (self._next is None or closed.code != DRAINING):
            self._drop_next()
            return otherwise is not None and otherwise(closed)
        line.connection.group.remove(line.connection)
        again = line.lost(line.connection.acked if closed.code == DRAINING else None)
        if is_left:
            self._session.line.repeat(again)
        else:
            self._again += again
        return True

    def _drop_next(self) -> None:
        following, self._next = self._next, None
        if following is not None:
            following.connection.group.remove(following.connection)
            following.connection.ws.cut()
