"""Writes packed values, and refuses what a layout or the limits of a reader do not take."""

from __future__ import annotations

import math
import struct
from typing import Any, Callable, Dict, List

from ..limits import MAX_BINARIES, MAX_KEYS, TO_SERVER, Bounds, Entries, PayloadError
from ..typed import read_url
from ..values import UNDEFINED, BigInt, Date, MapOf, SetOf, Url
from ..wire import blob, varint
from . import layout as words
from .layout import ANY, DOUBLE, MOST, MOST_MS, TAGS, Layout, Tally

_ABSENT = object()


def pack(document: Layout, value: Any, bounds: Bounds = TO_SERVER) -> bytes:
    """Writes a value by a layout document, or raises PayloadError."""
    packer = _Packer(document["types"], bounds)
    packer.write(document["root"], value)
    return packer.whole()


def _kind_of(value: Any) -> str:
    if value is None or value is UNDEFINED or isinstance(value, bool):
        return {None: "null", UNDEFINED: "undefined"}.get(value, "boolean")
    kinds = {
        **{BigInt: "bigint", int: "number", float: "number", str: "string", Date: "date"},
        **{bytes: "bytes", list: "array", dict: "object", MapOf: "map", SetOf: "set", Url: "url"},
    }
    if type(value) not in kinds:
        raise PayloadError(f"{value!r} is not carried")
    return kinds[type(value)]


class _Packer:
    """Gathers the texts and the body of one value."""

    def __init__(self, types: List[Layout], bounds: Bounds) -> None:
        self._types = types
        self._texts: List[str] = []
        self._body = bytearray()
        self._tally = Tally(bounds)
        self._entries = Entries(bounds)

    def whole(self) -> bytes:
        """Gives the run and the body."""
        return blob("".join(self._texts).encode("utf-8")) + bytes(self._body)

    def write(self, layout: Layout, value: Any) -> None:
        """Writes a part by its layout."""
        while layout["kind"] == "ref":
            layout = self._types[layout["to"]]
        kind = layout["kind"]
        wanted = {"int": "number", "tuple": "array", "record": "object", "variant": "object"}
        if kind not in ("any", "enum", "maybe", "union"):
            _demand(_kind_of(value) == wanted.get(kind, kind), f"{value!r} as {kind}")
        _WRITERS[kind](self, layout, value)

    def _url(self, _: Layout, value: Any) -> None:
        self._text(ANY, str(read_url(value)))

    def _any(self, _: Layout, value: Any) -> None:
        kind = _kind_of(value)
        tag = str(value).lower() if kind == "boolean" else kind
        self._body.append(TAGS.index(tag))
        if tag not in ("undefined", "null", "false", "true"):
            _WRITERS["record" if tag == "object" else tag](self, {"key": ANY, "of": ANY}, value)

    def _text(self, _: Layout, value: str) -> None:
        _demand(not any(0xD800 <= ord(char) <= 0xDFFF for char in value), "a lone surrogate")
        self._texts.append(value)
        self._body += varint(len(value) + sum(ord(char) > 0xFFFF for char in value))

    def _int(self, _: Layout, value: Any) -> None:
        _demand(value == value // 1 and abs(value) <= MOST, f"{value!r} as int")
        size, sign = abs(int(value)), DOUBLE if value < 0 else 0
        if size < 64:
            self._body.append(sign | size)
        else:
            self._body.append(0x80 | sign | size & 0x3F)
            self._body += varint(size >> 6)

    def _number(self, layout: Layout, value: Any) -> None:
        is_whole = math.isfinite(value) and value == value // 1 and abs(value) <= MOST
        if is_whole and (value != 0 or math.copysign(1, value) > 0):
            return self._int(layout, value)
        self._body += bytes([DOUBLE]) + struct.pack("<d", math.nan if value != value else value)

    def _bigint(self, _: Layout, value: BigInt) -> None:
        words.check_digits(value)
        size = abs(int(value))
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        self._body += varint(2 * len(digits) + (value < 0)) + digits

    def _date(self, layout: Layout, value: Date) -> None:
        _demand(abs(value.ms) <= MOST_MS, "a date beyond what a date can be")
        self._int(layout, value.ms)

    def _bytes(self, _: Layout, value: bytes) -> None:
        self._tally.binary(MAX_BINARIES)
        self._body += blob(value)

    def _enum(self, layout: Layout, value: Any) -> None:
        members = [words.identity(member) for member in layout["values"]]
        _demand(words.identity(value) in members, f"{value!r} is no member")
        self._body += varint(members.index(words.identity(value)))

    def _maybe(self, layout: Layout, value: Any) -> None:
        states = [(_ABSENT, "absent"), (UNDEFINED, "undefined"), (None, "null")]
        for state, (special, name) in enumerate(states):
            if value is special and layout.get(name):
                self._body.append(state)
                return
        _demand(value is not _ABSENT, "a missing property")
        self._body.append(words.VALUE_STATE)
        self.write(layout["of"], value)

    def _object(self, layout: Layout, value: Dict[str, Any]) -> None:
        properties, rest = layout["properties"], layout.get("rest")
        self._tally.values(len(properties))
        with self._tally:
            for named in properties:
                name, of = named["name"], named["of"]
                may_lack = of["kind"] == "maybe" and of.get("absent")
                _demand(name in value or may_lack, f"the property {name!r} is missing")
                self.write(of, value.get(name, _ABSENT))
        known = {named["name"] for named in properties}
        others = {name: part for name, part in value.items() if name not in known}
        if rest == "carry":
            self._members({"of": ANY}, others)
            return
        _demand(rest is None or not others, f"unknown keys: {list(others)}")
        if not properties:
            self._body.append(0)

    def _members(self, layout: Layout, value: Dict[str, Any]) -> None:
        _demand(len(value) <= MAX_KEYS, f"more than {MAX_KEYS} keys in an object")
        self._tally.values(len(value))
        with self._tally:
            self._body += varint(len(value))
            for name, part in value.items():
                words.check_key(name)
                self._text(ANY, name)
                self.write(layout["of"], part)

    def _array(self, layout: Layout, value: List[Any]) -> None:
        self._items([layout["of"]] * len(value), value)

    def _tuple(self, layout: Layout, value: List[Any]) -> None:
        items = layout["items"]
        more = len(value) - len(items)
        _demand(more <= 0 or "rest" in layout, f"more than {len(items)} items")
        self._items([*items, *[layout.get("rest")] * more][: len(value)], value)

    def _items(self, layouts: List[Any], value: List[Any]) -> None:
        self._tally.values(len(value))
        with self._tally:
            self._body += varint(len(value))
            for layout, part in zip(layouts, value):
                self.write(layout, part)

    def _map(self, layout: Layout, value: MapOf) -> None:
        self._tally.values(2 * len(value.pairs))
        self._entries.add([key for key, _ in value.pairs])
        with self._tally:
            self._body += varint(len(value.pairs))
            for key, part in value.pairs:
                self.write(layout["key"], key)
                self.write(layout["of"], part)

    def _set(self, layout: Layout, value: SetOf) -> None:
        self._entries.add(value.members)
        self._items([layout["of"]] * len(value.members), value.members)

    def _union(self, layout: Layout, value: Any) -> None:
        kind = _kind_of(value)
        self._choice(layout, value, lambda option: kind in option["takes"])

    def _variant(self, layout: Layout, value: Dict[str, Any]) -> None:
        told = words.identity(value.get(layout["key"], _ABSENT))
        self._choice(
            layout, value, lambda option: told in map(words.identity, option["values"])
        )

    def _choice(self, layout: Layout, value: Any, fits: Callable[[Layout], bool]) -> None:
        options = layout["options"]
        index = next((n for n, option in enumerate(options) if fits(option)), None)
        if index is None:
            raise PayloadError(f"{value!r} is no alternative")
        self._body += varint(index)
        self.write(options[index]["of"], value)


def _demand(holds: Any, what: str) -> None:
    if not holds:
        raise PayloadError(what)


_WRITERS: Dict[str, Callable[[_Packer, Layout, Any], None]] = {
    **{"any": _Packer._any, "string": _Packer._text, "number": _Packer._number},
    **{"int": _Packer._int, "bigint": _Packer._bigint, "date": _Packer._date},
    **{"boolean": lambda self, _, value: self._body.append(bool(value))},
    **{"bytes": _Packer._bytes, "null": lambda self, _, __: self._body.append(0)},
    **{"undefined": lambda self, _, __: self._body.append(0), "enum": _Packer._enum},
    **{"maybe": _Packer._maybe, "object": _Packer._object, "array": _Packer._array},
    **{"tuple": _Packer._tuple, "map": _Packer._map, "set": _Packer._set, "url": _Packer._url},
    **{"record": _Packer._members, "union": _Packer._union, "variant": _Packer._variant},
}
