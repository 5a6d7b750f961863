"""Payloads: nothing, bytes, or superjson with its annotations and binaries."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, List, Tuple

from . import annotations
from .limits import (
    MAX_BINARIES,
    MAX_KEY_BYTES,
    TO_CLIENT,
    TO_SERVER,
    Bounds,
    PayloadError,
    check_structure,
)
from .values import UNDEFINED
from .violations import Violation
from .wire import Reader, blob, varint

NONE, PACKED, SUPERJSON, BYTES = range(4)
FORBIDDEN_KEYS = {"__proto__", "constructor", "prototype"}


def encode_payload(value: Any) -> Tuple[int, bytes]:
    """Encodes a value for a server; UNDEFINED is a payload of encoding none."""
    if value is UNDEFINED:
        return NONE, b""
    if isinstance(value, (bytes, bytearray)):
        return BYTES, bytes(value)
    return SUPERJSON, encode_superjson(value)


def decode_payload(encoding: int, data: bytes, bounds: Bounds = TO_CLIENT) -> Any:
    """Decodes a payload, or raises PayloadError."""
    if encoding == NONE:
        return UNDEFINED
    return data if encoding == BYTES else decode_superjson(data, bounds)


def encode_superjson(value: Any) -> bytes:
    """Encodes a value as superjson, or raises PayloadError for one that a server refuses."""
    binaries: List[bytes] = []
    try:
        plain, tree = annotations.write(value, binaries)
    except RecursionError:
        raise PayloadError("a value that is too deep, or within itself") from None
    document = {"json": plain}
    if tree is not None:
        document["meta"] = {"values": tree, "v": 1}
    written = frame_superjson(dump_json(document), binaries)
    decode_superjson(written, TO_SERVER)
    return written


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


def split_superjson(data: bytes) -> Tuple[bytes, List[bytes]]:
    """Takes JSON and binaries apart, or raises PayloadError."""
    try:
        reader = Reader(data)
        document = reader.take(reader.varint())
        count = reader.varint()
        if count > MAX_BINARIES:
            raise PayloadError(f"{count} binaries")
        binaries = [reader.take(reader.varint()) for _ in range(count)]
        reader.end()
    except Violation as violation:
        raise PayloadError(str(violation)) from None
    return document, binaries


def decode_superjson(data: bytes, bounds: Bounds = TO_CLIENT) -> Any:
    """Decodes superjson, or raises PayloadError for the rule that it breaks."""
    text, binaries = split_superjson(data)
    check_structure(text, bounds)
    document = parse_json(text)
    keys = document.keys() if isinstance(document, dict) else set()
    if "json" not in keys or keys - {"json", "meta"}:
        raise PayloadError("not an object of json and meta")
    _check_texts(document["json"])
    trees = _trees(document["meta"]) if "meta" in document else []
    return annotations.read(document["json"], trees, binaries, bounds)


def parse_json(data: bytes) -> Any:
    """Parses JSON, and refuses what is not JSON, numbers beyond a double, and forbidden keys."""
    try:
        return json.loads(
            data.decode("utf-8", "strict"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_number,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        raise PayloadError(str(error)) from None


def _trees(meta: Any) -> List[Any]:
    keys = meta.keys() if isinstance(meta, dict) else set()
    version = meta["v"] if "v" in keys else None
    if keys - {"values", "v"} or isinstance(version, bool) or version != 1:
        raise PayloadError("meta is not an object of values and v, which is 1")
    return [meta["values"]] if "values" in keys else []


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    for key, _ in pairs:
        if key in FORBIDDEN_KEYS:
            raise ValueError(f"the key {key!r} is refused")
        _check_text(key)
    return dict(pairs)


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, list):
        for part in value:
            _check_texts(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if len(key.encode("utf-8")) > MAX_KEY_BYTES:
                raise PayloadError(f"a key of more than {MAX_KEY_BYTES} bytes")
            _check_texts(part)


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
    return int(text) if abs(value) < 2**53 and text != "-0" else value


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")
