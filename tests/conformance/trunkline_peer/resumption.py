"""A session that outlives its connections: RESUME, what is written again, and what is lost."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Optional

from .extensions import Message
from .violations import Violation
from .websocket import Closed, UpgradeRefused

if TYPE_CHECKING:
    from .line import Line

RESUME_FEATURE = 1
ENDS_CLIENT = {1000, 1009, 4400, 4403, 4406, 4409}
TOKEN_REFUSED, DRAINING = 4401, 4503
_ANSWER = 40.0
_LEAST, _FIRST_BOUND, _MOST_BOUND = 0.05, 0.25, 20.0
_MOST_DRAINING = 30.0


class Resumption:
    """Brings a session back on another connection, for as long as the server keeps it."""

    def __init__(self, line: Line, hello: Message) -> None:
        self._line, self._hello = line, hello
        self._connection = line.connection
        self._attach = 1
        self._is_answered = False
        self._connection.handlers.update({"RESUMED": self._resumed, "GONE": self._gone})
        self._connection.on_end = self._ended

    def _ended(self, closed: Closed) -> bool:
        """Tells whether the program goes on after the end of a connection."""
        welcome = self._line.welcome
        if closed.code in ENDS_CLIENT or welcome is None:
            return False
        if closed.code != DRAINING and not welcome["secret"]:
            return False
        hook, self._connection.on_end = self._connection.on_end, None
        try:
            if closed.code == DRAINING:
                return self._try_anew(closed)
            return self._try(time.monotonic() + welcome["ttlMs"] / 1000)
        finally:
            self._connection.on_end = hook

    def _try(self, until: float) -> bool:
        bound = _FIRST_BOUND
        while time.monotonic() < until:
            time.sleep(random.uniform(_LEAST, bound))
            bound = min(bound * 2, _MOST_BOUND)
            try:
                self._resume()
                return True
            except Closed as closed:
                if closed.code in ENDS_CLIENT or closed.code == TOKEN_REFUSED:
                    return False
            except (OSError, UpgradeRefused):
                pass
        return False

    def _try_anew(self, closed: Closed) -> bool:
        """Begins another session: this one has ended, and what was accepted is acknowledged."""
        connection = self._connection
        self._line.repeat(self._line.lost(connection.acked))
        bound, until = _FIRST_BOUND, time.monotonic() + _MOST_DRAINING
        while time.monotonic() < until:
            time.sleep(max(named_delay(closed), random.uniform(_LEAST, bound)))
            bound = min(bound * 2, _MOST_BOUND)
            try:
                connection.reopen()
                self._say_hello()
                return True
            except Closed as again:
                if again.code in ENDS_CLIENT or again.code == TOKEN_REFUSED:
                    return False
                closed = again
            except (OSError, UpgradeRefused):
                pass
        return False

    def _resume(self) -> None:
        welcome = self._line.welcome
        assert welcome is not None
        connection = self._connection
        connection.reopen()
        self._attach += 1
        self._is_answered = False
        own = {"session": welcome["session"], "secret": welcome["secret"], "attach": self._attach}
        place = {"rx": connection.rx, "first": connection.acked + 1}
        fields = {name: self._hello[name] for name in ("features", "token", "revisions")}
        connection.write_first({"kind": "RESUME", **fields, **own, **place})
        connection.until(lambda: connection.greeted, "RESUMED", _ANSWER)

    def _resumed(self, message: Message) -> None:
        connection = self._connection
        if self._is_answered or connection.greeted:
            raise Violation("SECOND_HELLO", "RESUMED without RESUME")
        if not connection.acked <= message["rx"] <= connection.tx:
            raise Violation("BAD_ACK", f"RESUMED has {message['rx']}")
        self._is_answered = True
        self._line.calls.resumed(message["rx"])
        connection.go_on(message["rx"])
        self._line.calls.tell_credit()
        self._line.topics.begin_anew()

    def _gone(self, message: Message) -> None:
        if self._is_answered or self._connection.greeted:
            raise Violation("SECOND_HELLO", "GONE without RESUME")
        rx: Optional[int] = message.get("rx")
        self._line.repeat(self._line.lost(rx))
        self._greet_anew()
        self._is_answered = True

    def _say_hello(self) -> None:
        self._is_answered = True
        self._greet_anew()
        self._connection.until(lambda: self._connection.greeted, "WELCOME", _ANSWER)

    def _greet_anew(self) -> None:
        """Sends HELLO; WELCOME is handled as ever."""
        self._connection.forget()
        self._attach = 1
        self._connection.write_first(self._hello)


def named_delay(closed: Closed) -> float:
    """Gives the seconds that a reason names; one that is missing or senseless is none."""
    is_named = closed.code in (4429, 4503) and re.fullmatch("[0-9]{1,9}", closed.reason)
    return int(closed.reason) / 1000 if is_named else 0.0
