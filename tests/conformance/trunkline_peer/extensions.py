"""Extensions: the tagged values at the end of a message or before its payload."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Set

from .violations import Violation
from .wire import Reader, blob, decode_text, fixed, text, varint

Message = Dict[str, Any]
STORED = ("node", "broker", "disk")


class Extension(NamedTuple):
    """How one tag is read and written, wherever it stands."""

    tag: int
    key: str
    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def _read_key(reader: Reader) -> bytes:
    if not 1 <= reader.left <= 64:
        raise Violation("BAD_EXT", f"an idempotency key of {reader.left} bytes")
    return reader.rest()


def _read_publish_id(reader: Reader) -> Message:
    return {"publisher": reader.text(64), "counter": reader.varint()}


def _write_publish_id(value: Message) -> bytes:
    return text(value["publisher"]) + varint(value["counter"])


def _read_place(reader: Reader) -> Message:
    return {"epoch": reader.fixed(8), "offset": reader.varint()}


def _write_place(value: Message) -> bytes:
    return fixed(value["epoch"], 8) + varint(value["offset"])


def _read_published(reader: Reader) -> Message:
    place = _read_place(reader)
    stored = reader.fixed(1)
    if stored & 0x7F >= len(STORED):
        raise Violation("BAD_EXT", f"stored {stored:#04x} has no meaning")
    return {**place, "stored": STORED[stored & 0x7F], "duplicate": stored >= 0x80}


def _write_published(value: Message) -> bytes:
    stored = STORED.index(value["stored"]) | (0x80 if value["duplicate"] else 0)
    return _write_place(value) + fixed(stored, 1)


def _bounded(most: int) -> Callable[[Reader], str]:
    return lambda reader: decode_text(reader.rest(), most)


EXTENSIONS: List[Extension] = [
    Extension(0x81, "traceParent", _bounded(64), str.encode),
    Extension(0x82, "traceState", _bounded(512), str.encode),
    Extension(0x03, "idempotencyKey", _read_key, bytes),
    Extension(0x04, "publishId", _read_publish_id, _write_publish_id),
    Extension(0x05, "asOf", _read_place, _write_place),
    Extension(0x06, "published", _read_published, _write_published),
    Extension(0x87, "retryAfterMs", Reader.varint, varint),
    Extension(0x88, "idleMs", Reader.varint, varint),
]


def read_extensions(reader: Reader) -> Message:
    """Reads an ext; what is optional and not known is skipped."""
    inner = Reader(reader.take(reader.varint()))
    seen: Set[int] = set()
    found: Message = {}
    while inner.left:
        tag = inner.fixed(1)
        value = Reader(inner.take(inner.varint()))
        if tag in seen:
            raise Violation("BAD_EXT", f"tag {tag:02x} stands twice")
        seen.add(tag)
        known = next((e for e in EXTENSIONS if e.tag == tag), None)
        if known is None:
            if tag < 0x80:
                raise Violation("BAD_EXT", f"tag {tag:02x} is mandatory and not known")
            continue
        found[known.key] = known.read(value)
        value.end()
    return found


def write_extensions(message: Message) -> bytes:
    """Writes the ext of a message with what it has of them; empty when it has none."""
    out = b""
    for extension in EXTENSIONS:
        # WELCOME and RESUMED have a field of this name.
        is_field = extension.key == "idleMs" and message["kind"] in ("WELCOME", "RESUMED")
        if extension.key in message and not is_field:
            out += fixed(extension.tag, 1) + blob(extension.write(message[extension.key]))
    return blob(out) if out else b""
