"""What an annotation makes of the JSON at its place."""

from __future__ import annotations

import math
import re
from typing import Any, Callable, Dict
from urllib.parse import urlsplit

from .limits import MAX_URL_BYTES, PayloadError
from .values import UNDEFINED, BigInt, Date, ErrorValue, MapOf, SetOf, Url

_BIGINT = re.compile(r"-?[0-9]{1,1024}\Z", re.ASCII)
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}
_WITH_HOST = {"http", "https", "ws", "wss", "ftp"}


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise PayloadError(f"not {what}")


def _undefined(plain: Any) -> Any:
    _demand(plain is None, "null for undefined")
    return UNDEFINED


def _bigint(plain: Any) -> BigInt:
    _demand(isinstance(plain, str) and bool(_BIGINT.match(plain)), "a bigint")
    return BigInt(plain)


def _date(plain: Any) -> Date:
    _demand(isinstance(plain, str), "a date")
    try:
        return Date.parse(plain)
    except ValueError as error:
        raise PayloadError(str(error)) from None


def _set(plain: Any) -> SetOf:
    _demand(isinstance(plain, list), "an array for a set")
    return SetOf(plain)


def _map(plain: Any) -> MapOf:
    pairs = plain if isinstance(plain, list) else [None]
    _demand(all(isinstance(pair, list) and len(pair) == 2 for pair in pairs), "pairs for a map")
    return MapOf([(pair[0], pair[1]) for pair in pairs])


def _special_number(plain: Any) -> float:
    _demand(isinstance(plain, str) and plain in _NUMBERS, "a number that JSON cannot say")
    return _NUMBERS[plain]


def read_url(plain: Any) -> Url:
    """Takes an absolute URL, and raises PayloadError for anything else."""
    _demand(isinstance(plain, str) and len(plain.encode()) <= MAX_URL_BYTES, "a URL")
    try:
        parts = urlsplit(plain)
    except ValueError as error:
        raise PayloadError(str(error)) from None
    has_host = bool(parts.hostname) or parts.scheme not in _WITH_HOST
    _demand(bool(parts.scheme) and has_host, "an absolute URL")
    return Url(plain)


def _error(plain: Any) -> ErrorValue:
    _demand(isinstance(plain, dict) and plain.keys() <= {"name", "message", "code"}, "an error")
    texts = isinstance(plain.get("name"), str) and isinstance(plain.get("message"), str)
    _demand(texts, "a name and a message of an error")
    _demand(isinstance(plain.get("code", ""), str), "a code of an error")
    return ErrorValue(plain["name"], plain["message"], plain.get("code"))


TYPES: Dict[str, Callable[[Any], Any]] = {
    "undefined": _undefined,
    "bigint": _bigint,
    "Date": _date,
    "set": _set,
    "map": _map,
    "number": _special_number,
    "URL": read_url,
    "Error": _error,
}
