"""Layouts: their canonical text, their hashes, and what reading and writing share of them."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List

from ..limits import MAX_DEPTH, MAX_KEY_BYTES, Bounds, PayloadError
from ..values import BigInt, Undefined

Layout = Dict[str, Any]

NO_HASH = 0
UNSAFE_KEYS = {"__proto__", "constructor", "prototype"}
MOST = 2**53 - 1
MOST_MS = 8_640_000_000_000_000
MAX_DIGITS = 1_024
DOUBLE = 0x40
ABSENT_STATE, UNDEFINED_STATE, NULL_STATE, VALUE_STATE = range(4)
TAGS = ["undefined", "null", "false", "true", "number", "string", "bigint", "date", "bytes"]
TAGS += ["array", "object", "map", "set", "url"]
ANY: Layout = {"kind": "any"}

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1


def layout_hash(parts: List[Any]) -> int:
    """Hashes the layout documents of one direction: FNV-1a of 64 bits over their canonical text."""
    value = _OFFSET
    for byte in canonical(parts).encode("utf-8"):
        value = (value ^ byte) * _PRIME & _MASK
    return value


def canonical(value: Any) -> str:
    """Writes JSON without spaces and with sorted keys, in the one form that is hashed."""
    if isinstance(value, dict):
        each = (f"{_text(key)}:{canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(each) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(float(value))
    return json.dumps(value)


def number_text(value: float) -> str:
    """Writes a number as ECMAScript does: the fewest digits, with an exponent beyond 21 places."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = digits.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = whole + fraction.rstrip("0")
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    head = digits[0] + (f".{digits[1:]}" if count > 1 else "")
    return f"{sign}{head}e{point - 1:+d}"


def _text(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\u{ord(c):04x}" if 0xD800 <= ord(c) <= 0xDFFF else c for c in written)


class Tally:
    """Counts what a value is made of, and refuses more than the limits allow."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._values = self._binaries = 0
        self.depth = 0

    def values(self, count: int) -> None:
        """Counts parts."""
        self._values += count
        if self._values > self._bounds.values:
            raise PayloadError(f"more than {self._bounds.values} values")

    def binary(self, most: int) -> None:
        """Counts a binary."""
        self._binaries += 1
        if self._binaries > most:
            raise PayloadError(f"more than {most} binaries")

    def __enter__(self) -> Tally:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PayloadError(f"deeper than {MAX_DEPTH}")
        return self

    def __exit__(self, *_: Any) -> None:
        self.depth -= 1


def check_key(key: str) -> None:
    """Refuses a key that reaches a prototype, or is too long."""
    if key in UNSAFE_KEYS:
        raise PayloadError(f"the key {key!r}")
    if len(key.encode("utf-8")) > MAX_KEY_BYTES:
        raise PayloadError(f"a key of more than {MAX_KEY_BYTES} bytes")


def check_digits(value: int) -> None:
    """Refuses a bigint with too many decimal digits."""
    if value.bit_length() > 4 * MAX_DIGITS or abs(value) >= 10**MAX_DIGITS:
        raise PayloadError(f"a bigint of more than {MAX_DIGITS} digits")


def identity(value: Any) -> Any:
    """Gives what two keys of a map share when they are one key; what has parts is itself only."""
    if value is None or isinstance(value, (str, bool, BigInt, Undefined)):
        return (type(value).__name__, value)
    if isinstance(value, float) and math.isnan(value):
        return ("number", "NaN")
    if isinstance(value, (int, float)):
        return ("number", value)
    return ("itself", object())
