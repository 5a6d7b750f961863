"""How long nothing came on a connection: when to send PING, and when it is dead."""

from __future__ import annotations

import math
import time
from typing import NamedTuple, Optional

_PING_AFTER, _DEAD_OUTSTANDING, _DEAD, _DEAD_HELLO = 4.0, 8.0, 35.0, 40.0


class Verdict(NamedTuple):
    """What the silence asks for now, and when it is to be looked at again."""

    sends_ping: bool
    is_dead: bool
    next_look: float


class Silence:
    """The silence of the other side, from the connection's first moment on."""

    def __init__(self) -> None:
        self._heard = self._asked = self._looked = time.monotonic()
        self._waiting_since: Optional[float] = None

    def broken(self) -> None:
        """Begins anew: something came."""
        self._heard = self._asked = time.monotonic()

    def judge(self, greeted: bool, waiting: bool) -> Verdict:
        """Says what is due; `waiting` says that something is outstanding."""
        now = time.monotonic()
        if now - self._looked > _PING_AFTER:
            # It did not run, so the silence says nothing: what is dead answers no PING.
            self._heard = now - _PING_AFTER
            self._asked, self._waiting_since = -math.inf, self._heard
        self._looked = now
        self._waiting_since = (self._waiting_since or now) if waiting else None
        dead = self._heard + (_DEAD if greeted else _DEAD_HELLO)
        if self._waiting_since is None:
            return Verdict(False, now >= dead, dead)
        since = max(self._heard, self._waiting_since)
        dead = min(dead, since + _DEAD_OUTSTANDING)
        is_asked = self._asked >= since
        sends_ping = not is_asked and now - since >= _PING_AFTER
        if sends_ping:
            self._asked = now
        ping_at = math.inf if is_asked or sends_ping else since + _PING_AFTER
        return Verdict(sends_ping, now >= dead, min(dead, ping_at))
