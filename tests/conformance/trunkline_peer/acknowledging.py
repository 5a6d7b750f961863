"""When what has come is to be acknowledged."""

from __future__ import annotations

import math
import time

_MESSAGES, _BYTES, _AFTER = 32, 64 * 1024, 0.2


class Acknowledging:
    """What has come, and what the other side has been told of it."""

    def __init__(self) -> None:
        self._told = 0
        self._bytes = 0
        self.due_at = math.inf

    def begin(self, rx: int) -> None:
        """Begins a connection, of which the other side knows that all up to a number has come."""
        self._told, self._bytes, self.due_at = rx, 0, math.inf

    def told(self, rx: int) -> None:
        """A batch that acknowledges this number was written."""
        self.begin(rx)

    def came(self, size: int, rx: int) -> None:
        """A batch with numbers has come, so that all up to this one is there."""
        self._bytes += size
        if self.due_at == math.inf and self.has_news(rx):
            self.due_at = time.monotonic() + _AFTER

    def has_news(self, rx: int) -> bool:
        """Tells whether something has come that is not acknowledged."""
        return rx > self._told

    def is_due(self, rx: int) -> bool:
        """Tells whether so much has come that it cannot wait."""
        return self.has_news(rx) and (rx - self._told >= _MESSAGES or self._bytes >= _BYTES)
