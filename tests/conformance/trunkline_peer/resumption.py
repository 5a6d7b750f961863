"""A session that outlives its connections: RESUME, what is written again, and what is lost."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Optional

from .extensions import Message
from .violations import Violation
from .websocket import Closed

if TYPE_CHECKING:
    from .session import Session

RESUME_FEATURE = 1
ENDS_SESSION = {1000, 1009, 4400, 4403, 4406, 4409}
_ANSWER = 40.0
_LEAST, _FIRST_BOUND, _MOST_BOUND = 0.05, 0.25, 20.0


class Resumption:
    """Brings a session back on another connection, for as long as the server keeps it."""

    def __init__(self, session: Session, hello: Message) -> None:
        self._session, self._hello = session, hello
        self._connection = session.connection
        self._attach = 1
        self._is_answered = False
        self._connection.handlers.update({"RESUMED": self._resumed, "GONE": self._gone})
        self._connection.on_end = self._ended

    def _ended(self, closed: Closed) -> bool:
        """Tells whether the session goes on after the end of a connection."""
        welcome = self._session.welcome
        if closed.code in ENDS_SESSION or welcome is None or not welcome["secret"]:
            return False
        self._connection.on_end = None
        try:
            return self._try(time.monotonic() + welcome["ttlMs"] / 1000)
        finally:
            self._connection.on_end = self._ended

    def _try(self, until: float) -> bool:
        bound = _FIRST_BOUND
        while time.monotonic() < until:
            time.sleep(random.uniform(_LEAST, bound))
            bound = min(bound * 2, _MOST_BOUND)
            try:
                self._resume()
                return True
            except Closed as closed:
                if closed.code in ENDS_SESSION or closed.code == 4401:
                    return False
            except OSError:
                pass
        return False

    def _resume(self) -> None:
        welcome = self._session.welcome
        assert welcome is not None
        connection = self._connection
        connection.reopen()
        self._attach += 1
        self._is_answered = False
        own = {"session": welcome["session"], "secret": welcome["secret"], "attach": self._attach}
        place = {"rx": connection.rx, "first": connection.acked + 1}
        fields = {name: self._hello[name] for name in ("features", "token", "revisions")}
        connection.write_first({"kind": "RESUME", **fields, **own, **place})
        connection.until(lambda: self._is_answered, "RESUMED", _ANSWER)

    def _resumed(self, message: Message) -> None:
        connection = self._connection
        if self._is_answered or connection.greeted:
            raise Violation("SECOND_HELLO", "RESUMED without RESUME")
        if not connection.acked <= message["rx"] <= connection.tx:
            raise Violation("BAD_ACK", f"RESUMED has {message['rx']}")
        self._is_answered = True
        self._session.calls.resumed(message["rx"])
        connection.go_on(message["rx"])
        self._session.calls.tell_credit()
        self._session.topics.begin_anew()

    def _gone(self, message: Message) -> None:
        connection = self._connection
        if self._is_answered or connection.greeted:
            raise Violation("SECOND_HELLO", "GONE without RESUME")
        rx: Optional[int] = message.get("rx")
        self._session.calls.lost(rx)
        if self._session.served is not None:
            self._session.served.forget()
        self._session.welcome = None
        connection.forget()
        self._attach = 1
        connection.write_first(self._hello)
        # WELCOME comes next, and is handled as ever.
        self._is_answered = True
