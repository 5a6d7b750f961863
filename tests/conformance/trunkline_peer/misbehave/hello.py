"""Misbehaviour with HELLO, and with what comes in its place."""

from __future__ import annotations

from ..connection import Connection
from ..frames import TEXT
from ..messages import encode_batch, encode_message
from ..session import Session, hello
from ..wire import blob, text, varint
from .reactions import MISBEHAVE, closes, lives, message

_HELLO = encode_message(hello())
_PING = message(0x07, bytes(4))


def _first(name: str, batch: bytes, code: int = 4400) -> None:
    """Adds a check: a connection that begins with this batch is closed."""

    def check(url: str) -> None:
        connection = Connection(url)
        connection.ws.send(batch)
        closes(connection, code)

    MISBEHAVE.add(name)(check)


def _body(agent: bytes = b"\x00", token: bytes = text("let-me-in"), rest: bytes = b"\x00") -> bytes:
    return encode_batch(message(0x01, b"\x00" + agent + token + rest))


_BIND = message(0x50, b"\x00\x00\x0aprobe.echo" + bytes(16))
_first("bind-before-hello", encode_batch(_BIND, seq=1))
_first("void-before-hello", encode_batch(message(0x58), seq=1))
_first("ping-before-hello", encode_batch(_PING))
_first("subscribe-before-hello", encode_batch(message(0x21, b"\x00\x09probe.now" + bytes(10))))
_first("optional-before-hello", encode_batch(message(0xBF)))
_first("acknowledgement-before-hello", encode_batch(b"", ack=0))
_first("no-bytes-before-hello", b"")
_first("hello-and-ping", encode_batch(_HELLO + _PING))
_first("ping-and-hello", encode_batch(_PING + _HELLO))
_first("hello-and-an-optional-message", encode_batch(_HELLO + message(0xBF)))
_first("hello-twice-in-a-batch", encode_batch(_HELLO + _HELLO))
_first("hello-with-an-ack-of-7", encode_batch(_HELLO, ack=7))
_first("hello-with-now", encode_batch(_HELLO, now=True))
_first("hello-cut-short", _body()[:-1])
_first("hello-with-bytes-behind", encode_batch(_HELLO[:1] + blob(_HELLO[2:] + b"\x00\x00")))
_first("hello-agent-of-65-bytes", _body(agent=text("a" * 65)))
_first("hello-token-of-4097-bytes", _body(token=text("t" * 4_097)))
_first("hello-agent-not-utf-8", _body(agent=b"\x01\xff"))
_first("hello-of-65-contracts", _body(rest=b"\x41" + (b"\x01a" + bytes(8)) * 65))
_first("hello-contract-of-129-bytes", _body(rest=b"\x01" + text("a" * 129) + bytes(8)))
_first("hello-with-a-mandatory-tag", _body(rest=b"\x00\x02\x70\x00"))
_first("hello-with-a-wrong-token", encode_batch(encode_message(hello("wrong"))), 4401)
_first("hello-above-8-kib", _body(rest=b"\x00" + blob(b"\xf0" + blob(bytes(8_192)))), 1009)


@MISBEHAVE.add("hello-as-text")
def _as_text(url: str) -> None:
    connection = Connection(url)
    connection.ws.send(encode_batch(_HELLO), TEXT)
    closes(connection, 4400)


@MISBEHAVE.add("no-hello")
def _late(url: str) -> None:
    closes(Connection(url), 4408, 8.0)


def _welcomed(name: str, batch: bytes) -> None:
    """Adds a check: a connection that begins with this batch is welcomed."""

    def check(url: str) -> None:
        with Session(url) as session:
            session.connection.ws.send(batch)
            session.await_welcome()
            lives(session)

    MISBEHAVE.add(name)(check)


def _of_size(size: int) -> bytes:
    """Makes a batch of HELLO with so many bytes, by an optional tag that nobody knows."""
    fill = size - len(_body(rest=b"\x00" + blob(b"\xf0" + blob(bytes(size - 32))))) + size - 32
    return _body(rest=b"\x00" + blob(b"\xf0" + blob(bytes(fill))))


assert len(_of_size(8_192)) == 8_192, len(_of_size(8_192))
_welcomed("hello-of-8-kib-is-fine", _of_size(8_192))
_first("hello-of-8-kib-and-a-byte", _of_size(8_193), 1009)
_welcomed("hello-with-unknown-features", encode_batch(message(0x01, varint(2**40) + _body()[4:])))
_welcomed("hello-with-an-unknown-optional-tag", _body(rest=b"\x00\x03\xf0\x01x"))
_welcomed("hello-with-an-empty-ext", _body(rest=b"\x00\x00"))
