"""Limits of decoding a value, which a sender keeps as well."""

from __future__ import annotations

import re
from typing import Any, List, NamedTuple

MAX_DEPTH, MAX_KEYS, MAX_KEY_BYTES = 64, 1_000, 256
MAX_ANNOTATIONS, MAX_STEPS, MAX_BINARIES, MAX_URL_BYTES = 1_000, 64, 16, 2_048
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STRUCTURE = re.compile(rb"[\[\]{}:,]")


class PayloadError(Exception):
    """Says which rule a payload breaks; it is the fault of one message, not of the connection."""


class Bounds(NamedTuple):
    """The limits that a server and a client do not share."""

    values: int
    entries: int
    number_keys: int


TO_SERVER = Bounds(50_000, 10_000, 2_500)
TO_CLIENT = Bounds(1_000_000, 10_000, 10_000)


def check_structure(text: bytes, bounds: Bounds) -> None:
    """Counts depth, values and keys in a JSON text, whether it is well-formed or not."""
    colons: List[int] = []
    values = 0
    for match in _STRUCTURE.finditer(_STRING.sub(b"", text)):
        sign = match[0]
        if sign in b"[{":
            colons.append(0)
        elif sign in b"]}":
            del colons[-1:]
        elif sign == b":" and colons:
            colons[-1] += 1
        values += sign in b"[{,"
        if len(colons) - 1 > MAX_DEPTH:
            raise PayloadError(f"deeper than {MAX_DEPTH}")
        if values > bounds.values:
            raise PayloadError(f"more than {bounds.values} values")
        if colons and colons[-1] > MAX_KEYS:
            raise PayloadError(f"more than {MAX_KEYS} keys in an object")


class Entries:
    """Counts the entries of all maps and sets of a value, and the numbers among their keys."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._entries = self._numbers = 0

    def add(self, keys: List[Any]) -> None:
        """Adds the keys of a map, or the elements of a set."""
        self._entries += len(keys)
        self._numbers += sum(
            isinstance(key, (int, float)) and not isinstance(key, bool) for key in keys
        )
        if self._entries > self._bounds.entries:
            raise PayloadError(f"more than {self._bounds.entries} entries of maps and sets")
        if self._numbers > self._bounds.number_keys:
            raise PayloadError(f"more than {self._bounds.number_keys} numbers among keys")
