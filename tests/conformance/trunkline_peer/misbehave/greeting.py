"""Misbehaviour between HELLO and WELCOME."""

from __future__ import annotations

from typing import Any, List

from ..checks import room, same
from ..chunks import chunk
from ..extensions import Message
from ..frames import frame
from ..messages import encode_batch, encode_message, is_sequenced
from ..payload import encode_payload
from ..session import Session, hello
from .reactions import MISBEHAVE, closes, kinds, lives, message

_PING = {"kind": "PING", "value": 7}
_NONE = {"encoding": 0, "bytes": b""}
_MOST_PINGS = 8_192 // (64 + len(encode_batch(encode_message(_PING))))


def _bind(name: str = "probe.echo") -> Message:
    fields = {"procedure": 0, "procedureKind": "call", "name": name}
    return {"kind": "BIND", **fields, "sendHash": 0, "receiveHash": 0}


def _call(**more: Any) -> Message:
    encoding, data = encode_payload({"text": "early"})
    fields = {"id": 0, "procedure": 0, "encoding": encoding, "bytes": data}
    return {"kind": "CALL", **fields, **more}


def _subscribe() -> Message:
    encoding, data = encode_payload({"room": room()})
    params = {"encoding": encoding, "bytes": data}
    fields = {"sub": 0, "name": "probe.notes", "params": params, "payloadHash": 0}
    return {"kind": "SUBSCRIBE", **fields}


def at_once(session: Session, first: Message, messages: List[Message], rest: bytes = b"") -> None:
    """Sends messages, a batch for each, in one write: before anything can be answered."""
    out = frame(encode_batch(encode_message(first)))
    for each in messages:
        session.connection.tx += is_sequenced(each)
        seq = session.connection.tx if is_sequenced(each) else None
        out += frame(encode_batch(encode_message(each), seq))
    session.connection.ws.write(out + rest)


def _too_early(name: str, *messages: Message) -> None:
    """Adds a check: these close, and nothing that comes with them has an effect."""

    def check(url: str) -> None:
        session = Session(url)
        at_once(session, hello(), [_PING, *messages, _PING])
        closes(session.connection, 4400)
        assert kinds(session) in ([], ["WELCOME"]), f"{kinds(session)} came"

    MISBEHAVE.add(f"{name}-before-welcome")(check)


_too_early("call", _bind(), _call())
_too_early("cancel", {"kind": "CANCEL", "id": 0, "reason": "withdrawn"})
_too_early("item", {"kind": "ITEM", "id": 0, **_NONE})
_too_early("end", {"kind": "END", "id": 0, **_NONE})
_too_early("credit", {"kind": "CREDIT", "id": 0, "items": 1, "bytes": 1})
_too_early("unsubscribe", {"kind": "UNSUBSCRIBE", "sub": 0})
_too_early("subscribe-and-unsubscribe", _subscribe(), {"kind": "UNSUBSCRIBE", "sub": 0})
_too_early("auth", {"kind": "AUTH", "token": "let-me-stay"})
_too_early("second-hello", hello())
_too_early("chunk", chunk(1, b"a", isFirst=True, size=2))
_too_early("result", {"kind": "RESULT", "id": 0, **_NONE})


@MISBEHAVE.add("unknown-mandatory-before-welcome")
def _unknown(url: str) -> None:
    session = Session(url)
    at_once(session, hello(), [], frame(encode_batch(message(0x3F))))
    closes(session.connection, 4400)


@MISBEHAVE.add("acknowledgement-of-nothing-before-welcome")
def _ack(url: str) -> None:
    session = Session(url)
    at_once(session, hello(), [], frame(encode_batch(b"", ack=7)))
    closes(session.connection, 4400)


@MISBEHAVE.add("8-kib-before-welcome-are-fine")
def _much(url: str) -> None:
    with Session(url) as session:
        at_once(session, hello(), [_PING] * _MOST_PINGS)
        session.await_welcome()
        lives(session)


@MISBEHAVE.add("too-much-before-welcome")
def _too_much(url: str) -> None:
    session = Session(url)
    at_once(session, hello(), [_PING] * (_MOST_PINGS + 1))
    closes(session.connection, 4400)


@MISBEHAVE.add("what-may-come-before-welcome")
def _fine(url: str) -> None:
    with Session(url) as session:
        key = _call(idempotencyKey=b"key")
        early = [_bind(), key, _subscribe(), {"kind": "VOID"}, _PING, {**_PING, "kind": "PONG"}]
        extra = frame(encode_batch(message(0xBF, b"?"))) + frame(encode_batch(b"", ack=0))
        at_once(session, hello(), early, extra)
        log = session.connection.log
        session.connection.until(lambda: len(log) == 4, "four messages")
        same("the first", log[0]["kind"], "WELCOME")
        same("the others", {m["kind"] for m in log[1:]}, {"ERROR", "SUBSCRIBED", "PONG"})
        same("the code", next(m["code"] for m in log if m["kind"] == "ERROR"), "UNAVAILABLE")
