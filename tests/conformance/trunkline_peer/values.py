"""Values that JSON cannot say: dates, bigints, sets, maps, URLs, errors, and nothing at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, List, Optional, Tuple

_DAY_MS = 86_400_000
_MOST_MS = 8_640_000_000_000_000
_ISO = re.compile(
    r"([+-]\d{6}|\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z\Z", re.ASCII
)


class Undefined:
    """The value that is not there; UNDEFINED is the only one."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = Undefined()


class BigInt(int):
    """An integer without bounds, which a number is not."""


class Url(str):
    """A URL, as text."""


@dataclass(frozen=True)
class Date:
    """A moment in milliseconds since 1970 in UTC."""

    ms: int

    @staticmethod
    def parse(iso: str) -> Date:
        """Reads `2026-01-01T00:00:00.000Z`, with six digits and a sign for years beyond four."""
        match = _ISO.match(iso)
        if match is None:
            raise ValueError(f"not a date: {iso!r}")
        year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
        milli = int((match[7] or "0").ljust(3, "0"))
        if not (1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
            raise ValueError(f"not a date: {iso!r}")
        days = _days(year, month, day)
        if not 1 <= day <= 31 or _civil(days)[2] != day:
            raise ValueError(f"not a date: {iso!r}")
        ms = days * _DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milli
        if abs(ms) > _MOST_MS:
            raise ValueError(f"a date beyond what a date can be: {iso!r}")
        return Date(ms)

    def iso(self) -> str:
        """Writes the date as `parse` reads it."""
        days, rest = divmod(self.ms, _DAY_MS)
        year, month, day = _civil(days)
        seconds, milli = divmod(rest, 1000)
        text = f"{year:04d}" if 0 <= year <= 9999 else f"{year:+07d}"
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milli:03d}"
        return f"{text}-{month:02d}-{day:02d}T{clock}Z"


@dataclass
class SetOf:
    """A set; its members may be of any kind, also such as Python cannot hash."""

    members: List[Any] = field(default_factory=list)


@dataclass
class MapOf:
    """A map from any kind of value to any other."""

    pairs: List[Tuple[Any, Any]] = field(default_factory=list)


@dataclass
class ErrorValue:
    """An error as a value."""

    name: str
    message: str
    code: Optional[Any] = None


def _days(year: int, month: int, day: int) -> int:
    """Counts days since 1970 in the Gregorian calendar; the year begins in March."""
    year -= month <= 2
    in_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + in_year - 719_468


def _civil(days: int) -> Tuple[int, int, int]:
    """Gives year, month and day of a count of days since 1970."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    return era * 400 + year + (month >= 10), (month + 2) % 12 + 1, day
