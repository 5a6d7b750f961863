"""Misbehaviour in frames, batches, sizes and numbers."""

from __future__ import annotations

from ..checks import room, same
from ..frames import frame
from ..messages import encode_batch, encode_message
from ..payload import encode_payload
from ..session import Session
from .reactions import MISBEHAVE, closes, closing, ignored, kinds, lives, message

PING = message(0x07, b"\x07\x00\x00\x00")
VOID = message(0x58)


def raw(session: Session, batch: bytes) -> None:
    """Sends bytes as one batch."""
    session.connection.ws.send(batch)


@closing("batch-above-256-kib", 1009)
def _big(session: Session) -> None:
    raw(session, encode_batch(message(0xBF, bytes(256 * 1024 - 4))))


@ignored("batch-of-256-kib-is-fine")
def _biggest(session: Session) -> None:
    batch = encode_batch(message(0xBF, bytes(256 * 1024 - 5)))
    same("its size", len(batch), 256 * 1024)
    raw(session, batch)


@closing("no-bytes")
def _none(session: Session) -> None:
    raw(session, b"")


@closing("empty-batch")
def _empty(session: Session) -> None:
    raw(session, b"\x00")


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


def _head_bit(bit: int) -> None:
    closing(f"head-bit-{bit}")(lambda session: raw(session, bytes([1 << bit]) + PING))


for _bit in range(3, 8):
    _head_bit(_bit)


@closing("fields-behind-a-message-without-any")
def _void_with_a_byte(session: Session) -> None:
    session.connection.send_body(message(0x58, b"\x00"), 1)


@closing("bytes-behind-cancel")
def _long_cancel(session: Session) -> None:
    session.connection.send_body(message(0x54, b"\x00\x00\x00"), 1)


@closing("bytes-behind-unsubscribe")
def _long_unsubscribe(session: Session) -> None:
    raw(session, encode_batch(message(0x23, b"\x00\x00")))


@closing("bytes-behind-credit")
def _long_credit(session: Session) -> None:
    raw(session, encode_batch(message(0x20, bytes(4))))


@MISBEHAVE.add("pings-by-the-thousand")
def _pings(url: str) -> None:
    with Session.open(url) as session:
        last = 5_000
        pings = (message(0x07, value.to_bytes(4, "little")) for value in range(last + 1))
        raw(session, encode_batch(b"".join(pings)))
        log = session.connection.log
        session.connection.until(lambda: log[-1].get("value") == last, "PONG with the last value")
        lives(session)


@ignored("pong-of-no-ping")
def _pong(session: Session) -> None:
    raw(session, encode_batch(message(0x08, b"\x07\x00\x00\x00")))


@MISBEHAVE.add("call-behind-a-breach")
def _behind(url: str) -> None:
    where = room()
    with Session.open(url) as other:
        notes = other.subscribe("probe.notes", {"room": where})
        same("the state", notes.next()[:2], ("state", "fresh"))
        with Session.open(url) as session:
            procedure = session.calls.bind("probe.announce", "call")
            encoding, data = encode_payload({"room": where, "text": "too late"})
            fields = {"id": 0, "procedure": procedure, "encoding": encoding, "bytes": data}
            late = encode_batch(encode_message({"kind": "CALL", **fields}), 2)
            session.connection.ws.write(frame(encode_batch(PING[:3])) + frame(late))
            closes(session.connection, 4400)
        other.publish("probe.notes", {"room": where}, {"text": "in time"})
        same("what is heard", notes.next().value, {"text": "in time"})
