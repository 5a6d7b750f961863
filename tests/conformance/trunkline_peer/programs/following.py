"""A subscription that goes on over reconnects, as the program of a client under test tells it."""

from __future__ import annotations

import random
import time
from typing import Callable, Optional

from ..extensions import Message
from ..resumption import named_delay
from ..session import Session
from .opening import FEATURES
from .telling import tell_event
from ..websocket import Closed

NOTES, LOBBY = "probe.notes", {"room": "lobby"}
PATIENCE = 30.0
_CLOSED_FOR_GOOD = {1000, 1009, 4400, 4401, 4403, 4406, 4409}


class Follower:
    """Follows the notes of the lobby over reconnects until it has seen enough."""

    def __init__(self, url: str, enough: Callable[[Follower], bool]) -> None:
        self.messages = self.since_gap = 0
        self.gaps = 0
        self._url, self._enough = url, enough
        self._cursor: Optional[Message] = None
        self._until = time.monotonic() + PATIENCE

    def follow(self) -> None:
        """Connects, and connects again whenever it is cut."""
        bound = 0.5
        while True:
            began = time.monotonic()
            try:
                with Session.open(self._url, features=FEATURES) as session:
                    return self._listen(session)
            except Closed as closed:
                if closed.code in _CLOSED_FOR_GOOD or time.monotonic() > self._until:
                    raise
                named = named_delay(closed)
            except OSError:
                if time.monotonic() > self._until:
                    raise
                named = 0.0
            bound = 0.5 if time.monotonic() - began >= 10 else bound
            time.sleep(max(named, random.uniform(0.25, bound)))
            bound = min(bound * 2, 20.0)

    def _listen(self, session: Session) -> None:
        more = {} if self._cursor is None else {"cursor": self._cursor}
        notes = session.subscribe(NOTES, LOBBY, **more)
        while not self._enough(self):
            event = notes.next(max(0.0, self._until - time.monotonic()))
            self._cursor = notes.cursor
            tell_event(event)
            self.messages += event.kind == "message"
            self.since_gap += event.kind == "message" and self.gaps > 0
            self.gaps += event.kind == "gap"
        notes.leave()
