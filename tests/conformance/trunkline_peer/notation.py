"""The notation of values in the vectors, and when two values are the same."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict

from .values import UNDEFINED, BigInt, Date, ErrorValue, MapOf, SetOf, Url

_SPECIAL: Dict[str, Callable[[Any], Any]] = {
    "$undefined": lambda _: UNDEFINED,
    "$bigint": BigInt,
    "$number": lambda text: -0.0 if text == "-0" else float(text.replace("Infinity", "inf")),
    "$date": Date.parse,
    "$binary": bytes.fromhex,
    "$set": lambda parts: SetOf([from_notation(part) for part in parts]),
    "$map": lambda pairs: MapOf([(from_notation(k), from_notation(v)) for k, v in pairs]),
    "$url": Url,
    "$error": lambda error: ErrorValue("", error["message"], error.get("code")),
}


def from_notation(value: Any) -> Any:
    """Reads a value as values.json writes it."""
    if isinstance(value, list):
        return [from_notation(part) for part in value]
    if not isinstance(value, dict):
        return value
    name = next(iter(value), "")
    if len(value) == 1 and name.startswith("$"):
        return _SPECIAL[name](value[name])
    return {key: from_notation(part) for key, part in value.items()}


def shape(value: Any) -> Any:
    """Gives what two values share exactly when they are the same; names of errors do not count."""
    if isinstance(value, (list, SetOf)):
        parts = value if isinstance(value, list) else value.members
        return (type(value).__name__, [shape(part) for part in parts])
    if isinstance(value, MapOf):
        return ("map", [(shape(key), shape(part)) for key, part in value.pairs])
    if isinstance(value, dict):
        return ("object", [(key, shape(value[key])) for key in sorted(value)])
    if isinstance(value, ErrorValue):
        return ("error", value.message, value.code)
    if isinstance(value, (int, float)) and not isinstance(value, (bool, BigInt)):
        return ("number", repr(float(value)) if math.isfinite(value) else str(value))
    return (type(value).__name__, value)
