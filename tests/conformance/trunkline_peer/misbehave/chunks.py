"""Chunks that do not fit each other, their size, or what may be cut."""

from __future__ import annotations

import time

from ..checks import same
from ..chunks import abort, chunk, pieces
from ..messages import encode_message
from ..session import Session
from ..wire import blob
from .reactions import MISBEHAVE, closing, kinds, lives, message

_CALL = encode_message({"kind": "CALL", "id": 0, "procedure": 0, "encoding": 3, "bytes": bytes(99)})
_BEGUN = chunk(1, _CALL[:50], isFirst=True, size=len(_CALL))


@closing("chunk-first-twice")
def _first_twice(session: Session) -> None:
    session.connection.send(_BEGUN, _BEGUN)


@closing("chunk-last-of-no-transfer")
def _last(session: Session) -> None:
    session.connection.send(chunk(1, b"a", isLast=True))


@closing("chunk-abort-of-no-transfer")
def _abort(session: Session) -> None:
    session.connection.send(abort(1))


@closing("chunk-after-its-last")
def _after_last(session: Session) -> None:
    session.calls.bind("probe.echo", "call")
    session.connection.send(*pieces(_CALL, 1), chunk(1, b"a"))


@closing("chunk-abort-with-bytes")
def _abort_with_bytes(session: Session) -> None:
    session.connection.send(_BEGUN, chunk(1, b"a", isAbort=True))


@closing("chunk-abort-and-last")
def _abort_and_last(session: Session) -> None:
    session.connection.send(_BEGUN, chunk(1, b"", isAbort=True, isLast=True))


@closing("chunks-less-than-announced")
def _less(session: Session) -> None:
    session.connection.send(_BEGUN, chunk(1, _CALL[50:-1], isLast=True))


@closing("chunks-more-than-announced")
def _more(session: Session) -> None:
    session.connection.send(_BEGUN, chunk(1, _CALL[50:] + b"a"))


@closing("chunks-of-two-messages")
def _two(session: Session) -> None:
    session.connection.send(*pieces(_CALL + _CALL, 1))


@closing("chunks-of-half-a-message")
def _half(session: Session) -> None:
    session.connection.send(*pieces(_CALL[:50], 1))


_FORBIDDEN = {
    "bind": message(0x50, b"\x00\x00\x0aprobe.echo" + bytes(16)),
    "chunk": message(0x57, b"\x01\x03\x02\x58\x00"),
    "void": message(0x58),
    "a-message-without-number": message(0x07, bytes(4)),
    "an-unknown-kind": message(0x5B),
    "nothing": b"",
}


def _add(name: str, data: bytes) -> None:
    @closing(f"chunks-that-make-{name}")
    def _send(session: Session) -> None:
        session.connection.send(chunk(1, data, isFirst=True, isLast=True, size=len(data)))


for _name, _data in _FORBIDDEN.items():
    _add(_name, _data)


@closing("chunks-of-257-transfers")
def _transfers(session: Session) -> None:
    session.connection.send(*({**_BEGUN, "transfer": number} for number in range(257)))


def _error(session: Session) -> tuple:
    session.connection.until(lambda: "ERROR" in kinds(session), "ERROR")
    error = next(came for came in session.connection.log if came["kind"] == "ERROR")
    return error["id"], error["code"], error["executed"]


@MISBEHAVE.add("chunks-of-a-call-that-is-too-large")
def _too_large(url: str) -> None:
    with Session.open(url) as session:
        session.calls.bind("probe.echo", "call")
        size = 2**50
        session.connection.send(chunk(1, _CALL[:50], isFirst=True, size=size))
        same("the answer", _error(session), (0, "TOO_LARGE", "no"))
        session.connection.send(*(chunk(1, bytes(10_000)) for _ in range(20)), abort(1))
        lives(session)
        same("answers", kinds(session).count("ERROR"), 1)


@MISBEHAVE.add("chunks-of-256-transfers")
def _most_transfers(url: str) -> None:
    with Session.open(url) as session:
        session.connection.send(*({**_BEGUN, "transfer": number} for number in range(256)))
        lives(session)


@MISBEHAVE.add("chunks-that-do-not-go-on-for-10-s")
def _pause(url: str) -> None:
    with Session.open(url) as session:
        session.calls.bind("probe.echo", "call")
        session.connection.send(_BEGUN)
        session.connection.later(5.0, lambda: session.connection.send({"kind": "VOID"}))
        began = time.monotonic()
        session.connection.until(lambda: "ERROR" in kinds(session), "ERROR", 14.0)
        same("the answer", _error(session), (0, "TOO_LARGE", "no"))
        assert time.monotonic() - began > 9.5, "before the time was over"
        session.connection.send(chunk(1, _CALL[50:], isLast=True))
        lives(session)
        same("answers", kinds(session).count("ERROR"), 1)


@MISBEHAVE.add("chunks-above-4-mib-in-assembly")
def _assembly(url: str) -> None:
    with Session.open(url) as session:
        session.calls.bind("probe.echo", "call")
        size = 1_000_000
        for transfer in range(5):
            fields = {"procedure": 0, "encoding": 3, "bytes": bytes(size)}
            start = encode_message({"kind": "CALL", "id": 2 * transfer, **fields})
            session.connection.send(chunk(transfer, start[:16], isFirst=True, size=len(start)))
            for _ in range(8):
                session.connection.send(chunk(transfer, bytes(120_000)))
        told = [(came["id"], came["code"]) for came in _errors(session)]
        same("the answers", told, [(8, "BUSY")])
        session.connection.send(abort(0), chunk(4, bytes(16)), abort(4))
        session.connection.until(lambda: len(_errors(session)) == 2, "ERROR")
        same("the answer to ABORT", _errors(session)[1]["code"], "CANCELLED")
        lives(session)


@MISBEHAVE.add("cancel-of-a-call-of-which-a-part-is-missing")
def _early_cancel(url: str) -> None:
    with Session.open(url) as session:
        session.calls.bind("probe.echo", "call")
        cancel = {"kind": "CANCEL", "id": 0, "reason": "withdrawn"}
        session.connection.send(_BEGUN, cancel)
        lives(session)
        session.connection.send(chunk(1, _CALL[50:], isLast=True))
        same("the answer", _error(session)[1], "INVALID_INPUT")
        lives(session)


@MISBEHAVE.add("item-that-is-too-large")
def _large_item(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        start = message(0x55, bytes([stream.id, 3]), blob(bytes(2 * 2**20))[:4])
        session.connection.send(chunk(1, start, isFirst=True, size=2 * 2**20))
        same("the answer", _error(session)[1], "TOO_LARGE")
        lives(session)


def _errors(session: Session) -> list:
    session.connection.until(lambda: "ERROR" in kinds(session), "ERROR")
    return [came for came in session.connection.log if came["kind"] == "ERROR"]
