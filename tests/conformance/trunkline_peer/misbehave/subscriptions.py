"""Misbehaviour with subscriptions."""

from __future__ import annotations

from typing import Any

from ..checks import room, same
from ..payload import encode_payload
from ..session import Session
from ..values import UNDEFINED
from ..wire import blob, text
from .reactions import MISBEHAVE, closing, ignored, lives, message

NOTES = "probe.notes"


def _subscribe(session: Session, sub: int, **more: object) -> None:
    encoding, data = encode_payload({"room": room()})
    params = {"encoding": encoding, "bytes": data}
    fields = {"sub": sub, "name": NOTES, "params": params, "payloadHash": 0}
    session.connection.send({"kind": "SUBSCRIBE", **fields, **more})


@closing("sub-out-of-order")
def _sub_order(session: Session) -> None:
    _subscribe(session, 1)


@closing("sub-twice")
def _sub_twice(session: Session) -> None:
    _subscribe(session, 0)
    _subscribe(session, 0)


@closing("sub-again-after-unsubscribe")
def _sub_again(session: Session) -> None:
    notes = session.subscribe(NOTES, {"room": room()})
    notes.next()
    notes.leave()
    _subscribe(session, 0)


@closing("sub-again-after-ended")
def _sub_after_ended(session: Session) -> None:
    same("the answer", session.subscribe("probe.secrets", {"room": "r"}).next().kind, "ended")
    _subscribe(session, 0)


@closing("subscribe-last-above-10000")
def _last(session: Session) -> None:
    _subscribe(session, 0, last=10_001)


@closing("subscribe-last-above-10000-beside-a-cursor")
def _last_and_cursor(session: Session) -> None:
    _subscribe(session, 0, last=10_001, cursor={"epoch": 1, "offset": 1})


@MISBEHAVE.add("subscribe-last-of-10000-is-fine")
def _most(url: str) -> None:
    with Session.open(url) as session:
        event = session.subscribe(NOTES, {"room": room()}, last=10_000).next()
        same("the answer", event[:2], ("state", "fresh"))


def _malformed(name: str, topic: str, flags: int = 0, params: bytes = b"", rest: int = 8) -> None:
    """Adds a check: a SUBSCRIBE of these fields closes."""
    body = b"\x00" + text(topic) + bytes([flags]) + blob(params) + bytes(rest)
    closing(f"subscribe-{name}")(
        lambda session: session.connection.send_body(message(0x21, body), 0)
    )


_malformed("name-of-one-part", "probe")
_malformed("name-of-9-parts", "a.b.c.d.e.f.g.h.i")
_malformed("name-of-129-bytes", "probe." + "n" * 123)
_malformed("name-of-other-letters", "probe.nötes")
_malformed("name-of-no-bytes", "")
_malformed("params-packed", NOTES, 0x01, b"\xaa")
_malformed("params-of-bytes", NOTES, 0x03, b"\xaa")
_malformed("params-of-encoding-none", NOTES, 0x00, b"\xaa")
for _bit in (2, 5, 6, 7):
    _malformed(f"flags-bit-{_bit}", NOTES, 1 << _bit)
_malformed("cursor-cut-short", NOTES, 0x08, rest=16)
_malformed("hash-cut-short", NOTES, rest=7)


def _ended(name: str, params: Any, code: str = "INVALID_INPUT", topic: str = NOTES) -> None:
    """Adds a check: a SUBSCRIBE with these params is answered with ENDED."""

    def check(url: str) -> None:
        with Session.open(url) as session:
            event = session.subscribe(topic, params).next()
            same("the answer", (event.kind, event.value["code"]), ("ended", code))
            same("the next one", session.subscribe(NOTES, {"room": room()}).next().kind, "state")
            lives(session)

    MISBEHAVE.add(f"subscribe-{name}")(check)


_ended("params-that-are-missing", UNDEFINED)
_ended("params-that-are-an-array", ["lobby"])
_ended("params-that-are-text", "lobby")
_ended("params-without-the-room", {})
_ended("params-not-flat", {"room": {"name": "lobby"}})
_ended("params-above-16-kib", {"room": "r" * 17_000}, "TOO_LARGE")
_ended("name-with-params-above-256-bytes", {"room": "r" * 300}, "TOO_LARGE")
_ended("topic-that-is-a-call", {"text": "a"}, "NOT_FOUND", "probe.echo")


@ignored("unsubscribe-unknown")
def _unsubscribe(session: Session) -> None:
    session.connection.send({"kind": "UNSUBSCRIBE", "sub": 9})


@ignored("unsubscribe-twice")
def _unsubscribe_twice(session: Session) -> None:
    notes = session.subscribe(NOTES, {"room": room()})
    notes.next()
    notes.leave()
    notes.leave()


@ignored("unsubscribe-at-once")
def _at_once(session: Session) -> None:
    where = {"room": room()}
    session.subscribe(NOTES, where).leave()
    same("the next one", session.subscribe(NOTES, where).next()[:2], ("state", "fresh"))


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
