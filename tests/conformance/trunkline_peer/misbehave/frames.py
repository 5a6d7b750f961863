"""Misbehaviour below batches: in the frames and messages of the WebSocket."""

from __future__ import annotations

import time

from ..checks import same
from ..frames import BINARY, CONTINUATION, PING, PONG, TEXT, fragmented, frame
from ..messages import encode_batch
from ..session import Session
from ..websocket import Closed
from .reactions import MISBEHAVE, closes, closing, ignored, kinds, message

_PING = encode_batch(message(0x07, b"\x07\x00\x00\x00"))
_OPTIONAL = encode_batch(message(0xBF, bytes(250)))


@closing("text-message")
def _text(session: Session) -> None:
    session.connection.ws.send(_PING, TEXT)


@closing("text-message-in-fragments")
def _text_fragments(session: Session) -> None:
    session.connection.ws.write(frame(b"\x00", TEXT, fin=False) + frame(b"\x07", CONTINUATION))


@MISBEHAVE.add("unmasked-frame")
def _unmasked(url: str) -> None:
    with Session.open(url) as session:
        session.connection.ws.write(frame(_PING, masked=False))
        try:
            session.connection.until(lambda: False, "the end")
        except Closed:
            same("PONG", "PONG" in kinds(session), False)


@ignored("two-fragments-are-fine")
def _two(session: Session) -> None:
    session.connection.ws.write(fragmented(_PING, 2))
    session.connection.until(lambda: "PONG" in kinds(session), "PONG")


@ignored("64-fragments-are-fine")
def _most_fragments(session: Session) -> None:
    session.connection.ws.write(fragmented(_OPTIONAL, 64))


@closing("65-fragments", 1008)
def _fragments(session: Session) -> None:
    session.connection.ws.write(fragmented(_OPTIONAL, 65))


@closing("batch-above-256-kib-in-fragments", 1009)
def _big_in_fragments(session: Session) -> None:
    session.connection.ws.write(fragmented(encode_batch(message(0xBF, bytes(256 * 1024))), 3))


@MISBEHAVE.add("message-unfinished-for-10-s")
def _unfinished(url: str) -> None:
    with Session.open(url) as session:
        began = time.monotonic()
        session.connection.ws.write(frame(_PING[:3], BINARY, fin=False))
        closes(session.connection, 1008, 14.0)
        assert time.monotonic() - began > 9.5, "before the time was over"


@ignored("20-control-frames-are-fine")
def _most_pings(session: Session) -> None:
    session.connection.ws.write(frame(b"", PING) * 10 + frame(b"", PONG) * 10)


@MISBEHAVE.add("control-frames-above-the-rate")
def _pings(url: str) -> None:
    with Session.open(url) as session:
        session.connection.ws.write(frame(b"", PING) * 11 + frame(b"", PONG) * 10)
        closes(session.connection, 4429)
