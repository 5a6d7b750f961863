"""Connections that are waited for together: one, or two while a client moves."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, List

if TYPE_CHECKING:
    from .connection import Connection


class Group(List["Connection"]):
    """The open connections of a client."""

    def pump(self, deadline: float) -> bool:
        """Acts on the next batch, end or alarm of any, and tells whether there was one in time."""
        while True:
            if any([each.alarms.ring() for each in [*self]]):
                return True
            alarm = min([each.keep_time() for each in [*self]], default=deadline)
            is_alone = len(self) == 1
            for each in [*self]:
                if each.take_next(min(alarm, deadline) if is_alone else 0.0):
                    return True
            if time.monotonic() >= deadline:
                return False
            if not is_alone:
                left = max(0.0, min(alarm, deadline) - time.monotonic())
                select.select([each.ws for each in self], [], [], left)
