"""Payloads: nothing, bytes, or superjson with its annotations and binaries."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Tuple

from . import annotations
from .annotations import PayloadError
from .values import UNDEFINED
from .wire import Reader, Violation, blob, varint

NONE, PACKED, SUPERJSON, BYTES = range(4)
FORBIDDEN_KEYS = {"__proto__", "constructor", "prototype"}
MAX_DEPTH, MAX_BINARIES = 64, 16


def encode_payload(value: Any) -> Tuple[int, bytes]:
    """Encodes a value; UNDEFINED is a payload of encoding none."""
    if value is UNDEFINED:
        return NONE, b""
    return SUPERJSON, encode_superjson(value)


def decode_payload(encoding: int, data: bytes) -> Any:
    """Decodes a payload, or raises PayloadError."""
    if encoding == NONE:
        return UNDEFINED
    return data if encoding == BYTES else decode_superjson(data)


def encode_superjson(value: Any) -> bytes:
    """Encodes a value as superjson."""
    binaries: List[bytes] = []
    plain, tree = annotations.write(value, binaries)
    document = {"json": plain}
    if tree is not None:
        document["meta"] = {"values": tree, "v": 1}
    return frame_superjson(dump_json(document), binaries)


def dump_json(document: Any) -> bytes:
    """Writes JSON as UTF-8, without spaces."""
    try:
        written = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return written.encode("utf-8")
    except (UnicodeEncodeError, ValueError) as error:
        raise PayloadError(str(error)) from None


def frame_superjson(document: bytes, binaries: List[bytes]) -> bytes:
    """Puts JSON and binaries together."""
    return blob(document) + varint(len(binaries)) + b"".join(blob(part) for part in binaries)


def decode_superjson(data: bytes) -> Any:
    """Decodes superjson, or raises PayloadError for the rule that it breaks."""
    try:
        reader = Reader(data)
        document = _parse(reader.take(reader.varint()))
        count = reader.varint()
        if count > MAX_BINARIES:
            raise PayloadError(f"{count} binaries")
        binaries = [reader.take(reader.varint()) for _ in range(count)]
        reader.end()
    except Violation as violation:
        raise PayloadError(str(violation)) from None
    return _with_meta(document, binaries)


def _parse(data: bytes) -> Any:
    try:
        document = json.loads(
            data.decode("utf-8", "strict"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_number,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        raise PayloadError(str(error)) from None
    return document


def _with_meta(document: Any, binaries: List[bytes]) -> Any:
    keys = document.keys() if isinstance(document, dict) else set()
    if "json" not in keys or keys - {"json", "meta"}:
        raise PayloadError("not an object of json and meta")
    _check(document["json"], 1)
    tree = None
    if "meta" in document:
        meta = document["meta"]
        if not isinstance(meta, dict) or meta.keys() != {"values", "v"} or meta["v"] != 1:
            raise PayloadError("meta is not an object of values and v, which is 1")
        tree = meta["values"]
    return annotations.read(document["json"], tree, binaries)


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    for key, _ in pairs:
        if key in FORBIDDEN_KEYS:
            raise ValueError(f"the key {key!r} is refused")
        _check_text(key)
    return dict(pairs)


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise PayloadError(f"deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)
    elif isinstance(value, dict):
        for part in value.values():
            _check(part, depth + 1)


def _check_text(text: str) -> None:
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        raise PayloadError("a lone surrogate")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is beyond a double")
    return value


def _integer(text: str) -> Any:
    value = _number(text)
    return int(text) if abs(value) < 2**53 else value


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
