"""Misbehaviour in exts and in the flags before payloads."""

from __future__ import annotations

from typing import Optional

from ..checks import same
from ..messages import encode_message
from ..payload import encode_payload
from ..session import Session
from ..wire import blob, text
from .reactions import MISBEHAVE, closing, kinds, message

_ENCODING, _ECHO = encode_payload({"text": "a"})
_FULL = b"\x05\x09" + bytes(9)


def _call(session: Session, ext: Optional[bytes], flags: int = 0, data: bytes = b"") -> None:
    """Calls probe.echo with an ext and flags as they are given."""
    bind = {"procedureKind": "call", "name": "probe.echo", "sendHash": 0, "receiveHash": 0}
    first = encode_message({"kind": "BIND", "procedure": 0, **bind})
    head = bytes([0, 0, flags | (0 if ext is None else 0x04)])
    body = head + (b"" if ext is None else blob(ext)) + data
    session.connection.send_body(first + message(0x51, body), 2)


def _bad(name: str, ext: bytes) -> None:
    closing(f"ext-{name}")(lambda session: _call(session, ext, _ENCODING, _ECHO))


def _fine(name: str, ext: bytes) -> None:
    def check(url: str) -> None:
        with Session.open(url) as session:
            _call(session, ext, _ENCODING, _ECHO)
            session.connection.until(lambda: len(kinds(session)) == 2, "an answer")
            same("the answer", kinds(session), ["WELCOME", "RESULT"])

    MISBEHAVE.add(f"ext-{name}")(check)


_bad("tag-unknown-mandatory", b"\x70\x00")
_bad("tag-twice", b"\xf0\x00\xf0\x00")
_bad("tag-twice-of-the-table", b"\x81\x01a\x81\x01a")
_bad("value-beyond-the-ext", b"\xf0\x02x")
_bad("key-of-no-bytes", b"\x03\x00")
_bad("key-of-65-bytes", b"\x03" + blob(bytes(65)))
_bad("trace-parent-of-65-bytes", b"\x81" + text("a" * 65))
_bad("trace-parent-not-utf-8", b"\x81\x01\xff")
_bad("trace-state-of-513-bytes", b"\x82" + text("a" * 513))
_bad("publisher-of-65-bytes", b"\x04" + blob(text("p" * 65) + b"\x01"))
_bad("publish-id-cut-short", b"\x04" + blob(text("p")))
_bad("publish-id-with-a-byte-behind", b"\x04" + blob(text("p") + b"\x01\x00"))
_bad("malformed-as-of-in-a-call", b"\x05\x08" + bytes(8))
_bad("malformed-published-in-a-call", b"\x06\x0a" + bytes(9) + b"\x03")
_bad("malformed-retry-after-in-a-call", b"\x87\x02\x80\x00")
_fine("tag-unknown-optional", b"\xf0\x01x")
_fine("of-no-tags", b"")
_fine("of-another-message", _FULL)
_fine("published-of-another-message", b"\x06\x0a" + bytes(10))
_fine("publish-id-in-a-call", b"\x04" + blob(text("p") + b"\x01"))
_fine("in-another-order", b"\x82\x01b\xf0\x00\x81\x01a")
_fine("trace-at-its-bounds", b"\x81" + text("a" * 64) + b"\x82" + text("b" * 512))


@closing("ext-size-beyond-the-message")
def _size(session: Session) -> None:
    _call(session, None, 0x04, b"\x7f\xf0\x00")


@closing("ext-flag-without-an-ext")
def _missing(session: Session) -> None:
    _call(session, None, 0x04)


@closing("ext-behind-bind-with-a-mandatory-tag")
def _bind(session: Session) -> None:
    body = b"\x00\x00\x0aprobe.echo" + bytes(16) + b"\x02\x70\x00"
    session.connection.send_body(message(0x50, body), 1)


@closing("ext-of-an-item-with-a-mandatory-tag")
def _item(session: Session) -> None:
    id = session.stream("probe.sum").id
    session.connection.send_body(message(0x55, bytes([id, 0x04]) + b"\x02\x70\x00"), 1)


def _flag(bit: int) -> None:
    closing(f"flags-bit-{bit}")(lambda session: _call(session, None, 1 << bit))


def _item_flag(kind: int, name: str, bit: int) -> None:
    def act(session: Session) -> None:
        body = bytes([session.stream("probe.sum").id, 1 << bit])
        session.connection.send_body(message(kind, body), 1)

    closing(f"flags-bit-{bit}-of-{name}")(act)


for _bit in range(4, 8):
    _flag(_bit)
for _bit in (3, 7):
    _item_flag(0x55, "item", _bit)
    _item_flag(0x56, "end", _bit)


@closing("flags-deadline-cut-short")
def _deadline(session: Session) -> None:
    _call(session, None, 0x08, b"\x01\x00\x00")


@closing("encoding-packed")
def _packed(session: Session) -> None:
    _call(session, None, 0x01, b"\xaa")


@closing("encoding-packed-of-an-item")
def _packed_item(session: Session) -> None:
    id = session.stream("probe.sum").id
    session.connection.send_body(message(0x55, bytes([id, 0x01, 0xAA])), 1)


@closing("encoding-none-with-bytes")
def _none_with_bytes(session: Session) -> None:
    _call(session, None, 0x00, b"\xaa")
