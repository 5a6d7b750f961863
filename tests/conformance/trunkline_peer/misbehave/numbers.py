"""Misbehaviour with numbers and acknowledgements."""

from __future__ import annotations

from typing import Any

from ..checks import same, soon
from ..messages import encode_batch, encode_message
from ..payload import encode_payload
from ..session import Session
from .batches import PING, VOID, raw
from .reactions import MISBEHAVE, closing, ignored, kinds, lives


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


def _seq_below_1(seq: int) -> None:
    closing(f"seq-{seq}-before-1")(lambda session: raw(session, encode_batch(VOID, seq=seq)))


for _seq in (0, 65_535, 40_000):
    _seq_below_1(_seq)


@ignored("now-alone-is-answered")
def _now(session: Session) -> None:
    connection = session.connection
    lives(session)

    def ask() -> None:
        acks = connection.acks
        raw(session, encode_batch(b"", ack=connection.rx, now=True))
        connection.until(lambda: connection.acks > acks, "an acknowledgement")

    soon(ask)


@ignored("now-with-a-duplicate-is-answered")
def _now_again(session: Session) -> None:
    connection = session.connection
    connection.send({"kind": "VOID"}, now=True)
    connection.until(lambda: connection.acked == 1, "an acknowledgement")

    def ask() -> None:
        acks = connection.acks
        raw(session, encode_batch(VOID, seq=1, now=True))
        connection.until(lambda: connection.acks > acks, "an acknowledgement")

    soon(ask)
