"""What is to be done when time has passed."""

from __future__ import annotations

import math
import time
from typing import Callable, List, Tuple

Act = Callable[[], None]


class Alarms:
    """Acts with their times; they are done while somebody waits for batches."""

    def __init__(self) -> None:
        self._planned: List[Tuple[float, Act]] = []

    def set(self, seconds: float, act: Act) -> None:
        """Plans something for when so much time has passed."""
        self._planned.append((time.monotonic() + seconds, act))

    @property
    def next_at(self) -> float:
        """When the next one is due."""
        return min((when for when, _ in self._planned), default=math.inf)

    def ring(self) -> bool:
        """Does what was planned for now, and tells whether there was any."""
        now = time.monotonic()
        due = [act for when, act in self._planned if when <= now]
        self._planned = [planned for planned in self._planned if planned[0] > now]
        for act in due:
            act()
        return bool(due)
