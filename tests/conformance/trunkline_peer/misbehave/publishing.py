"""Misbehaviour with publishes."""

from __future__ import annotations

from typing import Any

from ..checks import room, same
from ..session import Session
from ..values import UNDEFINED
from .reactions import MISBEHAVE, lives, refuses

NOTES = "probe.notes"


def _refused(name: str, value: Any, topic: str = NOTES, code: str = "INVALID_INPUT") -> None:
    """Adds a check: a publish of this input is refused, and the connection lives."""

    def check(url: str) -> None:
        with Session.open(url) as session:
            refuses(session.calls.start(topic, value, "publish").result, code)
            lives(session)

    MISBEHAVE.add(f"publish-{name}")(check)


_GOOD = {"params": {"room": "r"}, "message": {"text": "a"}}
_refused("without-an-input", UNDEFINED)
_refused("without-params", {"message": {"text": "a"}})
_refused("without-a-message", {"params": {"room": "r"}})
_refused("params-that-do-not-fit", {**_GOOD, "params": {"room": 4}})
_refused("message-that-does-not-fit", {**_GOOD, "message": {"text": 4}})
_refused("where-clients-do-not", _GOOD, "probe.secrets", "DENIED")
_refused("to-no-topic", _GOOD, "probe.nowhere", "NOT_FOUND")
_refused("to-a-call", _GOOD, "probe.echo", "NOT_FOUND")


@MISBEHAVE.add("call-of-a-topic")
def _call_of_a_topic(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start(NOTES, _GOOD).result, "NOT_FOUND")
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


@MISBEHAVE.add("publish-again-on-another-connection")
def _again(url: str) -> None:
    where, id = {"room": room()}, {"publisher": room(), "counter": 1}
    places = []
    for _ in range(2):
        with Session.open(url) as session:
            places.append(session.publish(NOTES, where, {"text": "a"}, publishId=id))
    same("the offsets", [place["offset"] for place in places], [1, 1])
    same("duplicate", [place["duplicate"] for place in places], [False, True])


@MISBEHAVE.add("publish-counters-may-be-left-out")
def _left_out(url: str) -> None:
    where, publisher = {"room": room()}, room()
    with Session.open(url) as session:
        for counter in (0, 3, 2**53 - 1):
            id = {"publisher": publisher, "counter": counter}
            place = session.publish(NOTES, where, {"text": "a"}, publishId=id)
            same(f"duplicate of {counter}", place["duplicate"], False)
