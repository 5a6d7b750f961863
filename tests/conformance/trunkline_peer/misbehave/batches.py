"""Misbehaviour in frames, batches, sizes and numbers."""

from __future__ import annotations

from typing import Any

from ..checks import same
from ..connection import WAIT
from ..messages import encode_batch, encode_message
from ..payload import encode_payload
from ..session import Session
from ..websocket import TEXT, Closed, frame
from .reactions import MISBEHAVE, closes, closing, ignored, kinds, lives, message

PING = message(0x07, b"\x07\x00\x00\x00")
VOID = message(0x58)


def raw(session: Session, batch: bytes) -> None:
    """Sends bytes as one batch."""
    session.connection.ws.send(batch)


@closing("text-message")
def _text(session: Session) -> None:
    session.connection.ws.send(encode_batch(PING), TEXT)


@closing("batch-above-256-kib", 1009)
def _big(session: Session) -> None:
    raw(session, encode_batch(message(0xBF, bytes(256 * 1024 - 4))))


@ignored("batch-of-256-kib-is-fine")
def _biggest(session: Session) -> None:
    batch = encode_batch(message(0xBF, bytes(256 * 1024 - 5)))
    same("its size", len(batch), 256 * 1024)
    raw(session, batch)


@MISBEHAVE.add("unmasked-frame")
def _unmasked(url: str) -> None:
    with Session.open(url) as session:
        session.connection.ws.write(frame(encode_batch(PING), masked=False))
        try:
            session.connection.rest(WAIT)
        except Closed:
            same("PONG", "PONG" in kinds(session), False)
            return
        raise AssertionError("it did not close")


@ignored("two-fragments-are-fine")
def _fragments(session: Session) -> None:
    data = encode_batch(PING)
    first, second = bytearray(frame(data[:3])), bytearray(frame(data[3:]))
    first[0], second[0] = 0x02, 0x80
    session.connection.ws.write(bytes(first) + bytes(second))
    session.connection.until(lambda: "PONG" in kinds(session), "PONG")


@closing("no-bytes")
def _none(session: Session) -> None:
    raw(session, b"")


@closing("empty-batch")
def _empty(session: Session) -> None:
    raw(session, b"\x00")


@closing("head-bit")
def _head(session: Session) -> None:
    raw(session, b"\x08" + PING)


@closing("size-too-long")
def _size_long(session: Session) -> None:
    raw(session, encode_batch(message(0x07, bytes(4), b"\x05")))


@closing("size-too-short")
def _size_short(session: Session) -> None:
    raw(session, encode_batch(message(0x07, bytes(4), b"\x03")))


@closing("trailing-bytes")
def _trailing(session: Session) -> None:
    raw(session, encode_batch(message(0x07, bytes(5))))


@MISBEHAVE.add("truncated-batch")
def _truncated(url: str) -> None:
    with Session.open(url) as session:
        raw(session, encode_batch(PING + PING[:3]))
        closes(session.connection, 4400)
        same("an effect of the first half", "PONG" in kinds(session), False)


@closing("varint-overlong")
def _overlong(session: Session) -> None:
    raw(session, encode_batch(message(0x07, bytes(4), b"\x84\x00")))


@closing("varint-of-2-to-the-53")
def _huge(session: Session) -> None:
    raw(session, encode_batch(message(0x20, b"\x00" + b"\x80" * 7 + b"\x10" + b"\x00")))


@closing("text-count-overlong")
def _text_count(session: Session) -> None:
    body = b"\x00\x00" + b"\x7fprobe.echo" + bytes(16)
    session.connection.send_body(message(0x50, body), 1)


@closing("bad-utf8-in-a-name")
def _utf8(session: Session) -> None:
    body = b"\x00\x00" + b"\x07probe.\xff" + bytes(16)
    session.connection.send_body(message(0x50, body), 1)


@closing("unknown-mandatory")
def _mandatory(session: Session) -> None:
    raw(session, encode_batch(message(0x3F)))


@closing("unknown-mandatory-sequenced")
def _mandatory_sequenced(session: Session) -> None:
    session.connection.send_body(message(0x7F), 1)


@ignored("unknown-optional")
def _optional(session: Session) -> None:
    raw(session, encode_batch(message(0xBF, b"whatever")))


@ignored("unknown-optional-is-counted")
def _counted(session: Session) -> None:
    connection = session.connection
    connection.send_body(message(0xFF, b"whatever"), 1, now=True)
    connection.until(lambda: connection.acked == 1, "an acknowledgement")


@ignored("optional-bit-on-ping-is-unknown")
def _optional_ping(session: Session) -> None:
    raw(session, encode_batch(message(0x87, b"whatever")))


@closing("seq-too-new")
def _too_new(session: Session) -> None:
    raw(session, encode_batch(VOID, seq=2))


@MISBEHAVE.add("seq-duplicate-is-skipped")
def _duplicate(url: str) -> None:
    with Session.open(url) as session:
        lives(session)
        raw(session, encode_batch(_call_again(), seq=session.connection.tx))
        lives(session)
        same("results", kinds(session).count("RESULT"), 2)


@MISBEHAVE.add("seq-partly-duplicate")
def _partly(url: str) -> None:
    with Session.open(url) as session:
        connection = session.connection
        lives(session)
        raw(session, encode_batch(_call_again() + PING + VOID, seq=connection.tx, now=True))
        connection.tx += 1
        connection.until(lambda: connection.acked == 3 and "PONG" in kinds(session), "PONG and ack")
        lives(session)
        same("results", kinds(session).count("RESULT"), 2)


def _call_again() -> bytes:
    encoding, data = encode_payload({"text": "again"})
    fields: Any = {"id": 0, "procedure": 0, "encoding": encoding, "bytes": data}
    return encode_message({"kind": "CALL", **fields})


@closing("seq-0-before-1")
def _zero(session: Session) -> None:
    raw(session, encode_batch(VOID, seq=0))


@closing("ack-of-what-was-never-sent")
def _ack(session: Session) -> None:
    raw(session, encode_batch(b"", ack=7))


@ignored("ack-twice-is-fine")
def _ack_twice(session: Session) -> None:
    lives(session)
    for _ in range(2):
        raw(session, encode_batch(b"", ack=session.connection.rx))


@closing("ack-that-goes-back")
def _ack_back(session: Session) -> None:
    lives(session)
    lives(session)
    raw(session, encode_batch(b"", ack=2))
    raw(session, encode_batch(b"", ack=1))


@closing("seq-without-a-sequenced-message")
def _seq_alone(session: Session) -> None:
    raw(session, encode_batch(PING, seq=1))


@closing("sequenced-message-without-seq")
def _no_seq(session: Session) -> None:
    raw(session, encode_batch(VOID))


@closing("chunk-though-the-server-cannot")
def _chunk(session: Session) -> None:
    assert session.welcome is not None
    same("CHUNK among the features", session.welcome["features"] & 2, 0)
    session.connection.send_body(message(0x57, b"\x00\x01\x05hello"), 1)
