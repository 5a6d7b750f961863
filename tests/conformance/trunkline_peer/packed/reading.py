"""Reads packed values from bytes that nobody vouches for."""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, List

from ..limits import MAX_BINARIES, MAX_KEYS, TO_CLIENT, Bounds, Entries, PayloadError
from ..typed import read_url
from ..values import UNDEFINED, BigInt, Date, MapOf, SetOf, Url
from ..violations import Violation
from ..wire import Reader
from . import layout as words
from .layout import ANY, DOUBLE, MOST, MOST_MS, TAGS, Layout, Tally

_ABSENT = object()
_STATES = {
    words.ABSENT_STATE: ("absent", _ABSENT),
    words.UNDEFINED_STATE: ("undefined", UNDEFINED),
    words.NULL_STATE: ("null", None),
}


def unpack(document: Layout, data: bytes, bounds: Bounds = TO_CLIENT) -> Any:
    """Reads a value of a layout document, or raises PayloadError."""
    try:
        return _Unpacker(document["types"], data, bounds).whole(document["root"])
    except Violation as violation:
        raise PayloadError(str(violation)) from None


class _Unpacker:
    """Reads one value: its texts from the run, everything else from the body."""

    def __init__(self, types: List[Layout], data: bytes, bounds: Bounds) -> None:
        self._types = types
        self._body = Reader(data)
        run = self._body.take(self._body.varint())
        try:
            self._run = run.decode("utf-8", "strict").encode("utf-16-le")
        except UnicodeDecodeError as error:
            raise PayloadError(f"the run of texts: {error}") from None
        self._at = 0
        self._tally = Tally(bounds)
        self._entries = Entries(bounds)

    def whole(self, layout: Layout) -> Any:
        """Reads a value that must be all there is."""
        value = self._read(layout)
        self._body.end()
        if self._at < len(self._run):
            raise PayloadError("text is left over")
        return value

    def _read(self, layout: Layout) -> Any:
        while layout["kind"] == "ref":
            layout = self._types[layout["to"]]
        return _READERS[layout["kind"]](self, layout)

    def _any(self, _: Layout) -> Any:
        tag = TAGS[self._index(len(TAGS), self._body.fixed(1))]
        fixed = {"undefined": UNDEFINED, "null": None, "false": False, "true": True}
        if tag in fixed:
            return fixed[tag]
        return _READERS["record" if tag == "object" else tag](self, _DESCRIBED)

    def _text(self, _: Layout = ANY) -> str:
        end = self._at + 2 * self._body.varint()
        if end > len(self._run):
            raise PayloadError("a text that is longer than what is left of the run")
        piece, self._at = self._run[self._at : end], end
        try:
            return piece.decode("utf-16-le", "strict")
        except UnicodeDecodeError:
            raise PayloadError("a text that ends within a pair of surrogates") from None

    def _url(self, _: Layout) -> Url:
        return read_url(self._text())

    def _whole_number(self, first: int) -> int:
        size = first & 0x3F
        if first & 0x80:
            rest = self._body.varint()
            size += 64 * rest
            if rest == 0 or size > MOST:
                raise PayloadError("a number that is not in its shortest form, or too large")
        return -size if first & 0x40 else size

    def _int(self, _: Layout = ANY) -> int:
        first = self._body.fixed(1)
        if first == DOUBLE:
            raise PayloadError("a double for a whole number")
        return self._whole_number(first)

    def _number(self, _: Layout) -> Any:
        first = self._body.fixed(1)
        if first == DOUBLE:
            return struct.unpack("<d", self._body.take(8))[0]
        return self._whole_number(first)

    def _bigint(self, _: Layout) -> BigInt:
        head = self._body.varint()
        size = self._body.take(head >> 1)
        if head == 1 or size[:1] == b"\0":
            raise PayloadError("a bigint that is not in its shortest form")
        value = int.from_bytes(size, "big")
        words.check_digits(value)
        return BigInt(-value if head & 1 else value)

    def _date(self, _: Layout) -> Date:
        ms = self._int()
        if abs(ms) > MOST_MS:
            raise PayloadError("a date beyond what a date can be")
        return Date(ms)

    def _bytes(self, _: Layout) -> bytes:
        self._tally.binary(MAX_BINARIES)
        return self._body.take(self._body.varint())

    def _index(self, count: int, index: int) -> int:
        if index >= count:
            raise PayloadError(f"choice {index} of {count}")
        return index

    def _nothing(self, _: Layout) -> None:
        self._index(1, self._body.fixed(1))

    def _enum(self, layout: Layout) -> Any:
        values = layout["values"]
        return values[self._index(len(values), self._body.varint())]

    def _maybe(self, layout: Layout) -> Any:
        state = self._body.fixed(1)
        if state == words.VALUE_STATE:
            return self._read(layout["of"])
        name, value = _STATES.get(state, ("", None))
        if not layout.get(name):
            raise PayloadError(f"state {state} of what has none such")
        return value

    def _object(self, layout: Layout) -> Dict[str, Any]:
        properties = layout["properties"]
        self._tally.values(len(properties))
        value = {}
        with self._tally:
            for named in properties:
                part = self._read(named["of"])
                if part is not _ABSENT:
                    value[named["name"]] = part
        if layout.get("rest") == "carry":
            known = {named["name"] for named in properties}
            others = self._members(ANY)
            if known & others.keys():
                raise PayloadError("a known key among the others")
            value.update(others)
        elif not properties:
            self._nothing(layout)
        return value

    def _members(self, of: Layout) -> Dict[str, Any]:
        members: Dict[str, Any] = {}
        with self._tally:
            count = self._count()
            if count > MAX_KEYS:
                raise PayloadError(f"more than {MAX_KEYS} keys in an object")
            for _ in range(count):
                key = self._text()
                words.check_key(key)
                if key in members:
                    raise PayloadError(f"the key {key!r} twice")
                members[key] = self._read(of)
        return members

    def _count(self) -> int:
        count = self._body.varint()
        if count > self._body.left:
            raise PayloadError(f"{count} parts in {self._body.left} bytes")
        self._tally.values(count)
        return count

    def _array(self, layout: Layout) -> List[Any]:
        with self._tally:
            return [self._read(layout["of"]) for _ in range(self._count())]

    def _tuple(self, layout: Layout) -> List[Any]:
        items, rest = layout["items"], layout.get("rest")
        with self._tally:
            count = self._count()
            if count > len(items) and rest is None:
                raise PayloadError(f"{count} items, at most {len(items)} are allowed")
            return [self._read(items[n] if n < len(items) else rest) for n in range(count)]

    def _map(self, layout: Layout) -> MapOf:
        pairs = []
        with self._tally:
            count = self._count()
            self._tally.values(count)
            for _ in range(count):
                key = self._read(layout["key"])
                pairs.append((self._key(key), self._read(layout["of"])))
        self._distinct([key for key, _ in pairs])
        return MapOf(pairs)

    def _set(self, layout: Layout) -> SetOf:
        with self._tally:
            members = [self._key(self._read(layout["of"])) for _ in range(self._count())]
        self._distinct(members)
        return SetOf(members)

    def _key(self, key: Any) -> Any:
        return 0 if key == 0 and isinstance(key, float) else key

    def _distinct(self, keys: List[Any]) -> None:
        self._entries.add(keys)
        if len({words.identity(key) for key in keys}) < len(keys):
            raise PayloadError("a key or an element that comes twice")

    def _choice(self, layout: Layout) -> Any:
        options = layout["options"]
        return self._read(options[self._index(len(options), self._body.varint())]["of"])


_DESCRIBED: Layout = {"key": ANY, "of": ANY}
_READERS: Dict[str, Callable[[_Unpacker, Layout], Any]] = {
    **{"any": _Unpacker._any, "string": _Unpacker._text, "number": _Unpacker._number},
    **{"int": _Unpacker._int, "bigint": _Unpacker._bigint, "date": _Unpacker._date},
    **{"boolean": lambda self, _: bool(self._index(2, self._body.fixed(1)))},
    **{"bytes": _Unpacker._bytes, "null": _Unpacker._nothing, "enum": _Unpacker._enum},
    **{"undefined": lambda self, layout: self._nothing(layout) or UNDEFINED},
    **{"maybe": _Unpacker._maybe, "object": _Unpacker._object, "array": _Unpacker._array},
    **{"tuple": _Unpacker._tuple, "map": _Unpacker._map, "set": _Unpacker._set},
    **{"url": _Unpacker._url},
    **{"record": lambda self, layout: self._members(layout["of"])},
    **{"union": _Unpacker._choice, "variant": _Unpacker._choice},
}
