"""Misbehaviour with procedures, calls, publishes and subscriptions."""

from __future__ import annotations

from ..checks import room, same
from ..payload import encode_payload
from ..session import Session
from ..values import UNDEFINED
from .reactions import MISBEHAVE, closing, ignored, kinds, lives, message, refuses

NOTES = "probe.notes"


def bind(session: Session, number: int, name: str = "probe.echo", kind: str = "call") -> None:
    """Sends a BIND with any number."""
    fields = {"procedure": number, "procedureKind": kind, "name": name}
    session.connection.send({"kind": "BIND", **fields, "sendHash": 0, "receiveHash": 0})


def call(session: Session, id: int, procedure: int = 0, flags: int = 0, rest: bytes = b"") -> None:
    """Sends a CALL with any id, procedure, flags, and whatever follows them."""
    session.connection.send_body(message(0x51, bytes([id, procedure, flags]) + rest), 1)


@closing("bind-number-out-of-order")
def _bind_order(session: Session) -> None:
    bind(session, 1)


@closing("bind-number-twice")
def _bind_twice(session: Session) -> None:
    bind(session, 0)
    bind(session, 0)


@closing("bind-name-outside-the-grammar")
def _bind_name(session: Session) -> None:
    bind(session, 0, "Probe.echo")


@closing("bind-kind-unknown")
def _bind_kind(session: Session) -> None:
    session.connection.send_body(message(0x50, b"\x00\x03\x0aprobe.echo" + bytes(16)), 1)


@MISBEHAVE.add("bind-kind-of-another")
def _bind_other(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe.count", {"to": 1}).result, "NOT_FOUND")
        refuses(session.calls.start("probe.echo", {"text": ""}, "publish").result, "NOT_FOUND")
        lives(session)


@closing("call-id-taken")
def _taken(session: Session) -> None:
    bind(session, 0, "probe.wait")
    call(session, 0)
    call(session, 0)


@closing("call-id-odd")
def _odd(session: Session) -> None:
    bind(session, 0)
    call(session, 1)


@closing("call-of-an-unbound-procedure")
def _unbound(session: Session) -> None:
    call(session, 0)


@ignored("call-id-not-the-smallest")
def _not_smallest(session: Session) -> None:
    session.calls.bind("probe.wait", "call")
    call(session, 100, 0)


@ignored("cancel-of-an-id-not-called-yet")
def _early_cancel(session: Session) -> None:
    session.connection.send({"kind": "CANCEL", "id": 0, "reason": "withdrawn"})


@MISBEHAVE.add("cancel-after-the-result")
def _late_cancel(url: str) -> None:
    with Session.open(url) as session:
        lives(session)
        session.connection.send({"kind": "CANCEL", "id": 0, "reason": "withdrawn"})
        lives(session)
        same("what came", kinds(session), ["WELCOME", "RESULT", "RESULT"])


@MISBEHAVE.add("cancel-twice")
def _cancel_twice(url: str) -> None:
    with Session.open(url) as session:
        waiting = session.calls.start("probe.wait")
        waiting.cancel()
        waiting.cancel()
        refuses(waiting.result, "CANCELLED", "unknown")
        lives(session)
        same("what came", kinds(session), ["WELCOME", "ERROR", "RESULT"])


@closing("cancel-reason-unknown")
def _cancel_reason(session: Session) -> None:
    session.connection.send_body(message(0x54, b"\x00\x04"), 1)


@MISBEHAVE.add("idempotency-key-that-is-not-kept")
def _key(url: str) -> None:
    with Session.open(url) as session:
        keyed = session.calls.start("probe.echo", {"text": "a"}, idempotencyKey=b"key")
        refuses(keyed.result, "UNAVAILABLE")
        lives(session)


@MISBEHAVE.add("publish-ids-of-two-publishers")
def _publishers(url: str) -> None:
    where = {"room": room()}
    with Session.open(url) as session:
        first, second = ({"publisher": room(), "counter": 1} for _ in range(2))
        session.publish(NOTES, where, {"text": "a"}, publishId=first)
        refuses(
            lambda: session.publish(NOTES, where, {"text": "b"}, publishId=second), "INVALID_INPUT"
        )
        lives(session)


@closing("ext-tag-unknown-mandatory")
def _mandatory_tag(session: Session) -> None:
    bind(session, 0)
    call(session, 0, 0, 0x04, b"\x02\x70\x00")


@MISBEHAVE.add("ext-tag-unknown-optional")
def _optional_tag(url: str) -> None:
    with Session.open(url) as session:
        session.calls.bind("probe.echo", "call")
        encoding, data = encode_payload({"text": "a"})
        call(session, 0, 0, 0x04 | encoding, b"\x03\xf0\x01x" + data)
        session.connection.until(lambda: "RESULT" in kinds(session), "RESULT")
        lives(session)


@closing("ext-tag-twice")
def _tag_twice(session: Session) -> None:
    bind(session, 0)
    call(session, 0, 0, 0x04, b"\x04\xf0\x00\xf0\x00")


@ignored("ext-tag-of-another-message")
def _other_tag(session: Session) -> None:
    session.calls.bind("probe.wait", "call")
    call(session, 100, 0, 0x04, b"\x0b\x05\x09" + bytes(9))


@closing("flags-bit-unknown")
def _flags(session: Session) -> None:
    bind(session, 0)
    call(session, 0, 0, 0x10)


@closing("encoding-packed")
def _packed(session: Session) -> None:
    bind(session, 0)
    call(session, 0, 0, 0x01, b"\xaa")


@closing("encoding-none-with-bytes")
def _none_with_bytes(session: Session) -> None:
    bind(session, 0)
    call(session, 0, 0, 0x00, b"\xaa")


@MISBEHAVE.add("encoding-none-where-an-input-is-wanted")
def _no_input(url: str) -> None:
    with Session.open(url) as session:
        refuses(lambda: session.call("probe.echo", UNDEFINED), "INVALID_INPUT")
        lives(session)


@closing("sub-out-of-order")
def _sub_order(session: Session) -> None:
    _subscribe(session, 1)


@closing("sub-twice")
def _sub_twice(session: Session) -> None:
    _subscribe(session, 0)
    _subscribe(session, 0)


@closing("subscribe-last-above-10000")
def _last(session: Session) -> None:
    _subscribe(session, 0, last=10_001)


def _subscribe(session: Session, sub: int, **more: object) -> None:
    encoding, data = encode_payload({"room": room()})
    params = {"encoding": encoding, "bytes": data}
    fields = {"sub": sub, "name": NOTES, "params": params, "payloadHash": 0}
    session.connection.send({"kind": "SUBSCRIBE", **fields, **more})


@ignored("unsubscribe-unknown")
def _unsubscribe(session: Session) -> None:
    session.connection.send({"kind": "UNSUBSCRIBE", "sub": 9})


@MISBEHAVE.add("subscribe-the-same-topic-twice")
def _same_topic(url: str) -> None:
    where = {"room": room()}
    with Session.open(url) as session:
        first, second = (session.subscribe(NOTES, where) for _ in range(2))
        event = second.next()
        same("the answer", (event.kind, event.value["code"]), ("ended", "INVALID_INPUT"))
        same("the first one", first.next()[:2], ("state", "fresh"))
        session.publish(NOTES, where, {"text": "a"})
        same("a topic message", first.next().value["text"], "a")
