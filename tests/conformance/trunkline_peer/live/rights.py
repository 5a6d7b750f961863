"""Rights that are taken back: of a principal, and of one subscription."""

from __future__ import annotations

from typing import Any, List

from ..checks import room, same
from ..moving import GOAWAY_FEATURE
from ..resumption import RESUME_FEATURE
from ..served import wait
from ..session import Session
from ..websocket import Closed
from .registry import expect_error
from .steering import Pair, steered
from .subscribing import NOTES, say

_FEATURES = RESUME_FEATURE | GOAWAY_FEATURE


def _acknowledged(session: Session) -> None:
    connection = session.connection
    connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")


def _gone(session: Session) -> List[Any]:
    log = session.connection.log
    return [(came["reason"], came.get("rx")) for came in log if came["kind"] == "GONE"]


@steered("has its session ended when its rights are taken back, and begins another one")
def _revoked(pair: Pair) -> None:
    with Session.open(pair.url, "ada", _FEATURES) as session:
        call = session.calls.start("probe.wait")
        _acknowledged(session)
        accepted = session.connection.tx
        same("sessions", pair.revoke("ada"), 1)
        expect_error(call.result, "SESSION_LOST", "unknown")
        same("GONE", _gone(session), [("revoked", accepted)])
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("is closed with 4403 when its rights are taken back for good")
def _final(pair: Pair) -> None:
    with Session.open(pair.url, "ada", _FEATURES) as session:
        call = session.calls.start("probe.wait")
        _acknowledged(session)
        pair.revoke("ada", final=True)
        try:
            call.wait()
        except Closed as closed:
            same("the code", closed.code, 4403)
            return
        raise AssertionError("it stayed open")


@steered("has its session ended while it has no connection")
def _detached(pair: Pair) -> None:
    with Session.open(pair.url, "ada", _FEATURES) as session:
        call = session.calls.start("probe.wait")
        _acknowledged(session)
        session.connection.ws.cut()
        same("sessions", pair.revoke("ada"), 1)
        expect_error(call.result, "SESSION_LOST", "unknown")
        same("the reason", [reason for reason, _ in _gone(session)], ["revoked"])
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("keeps its session when the rights of somebody else are taken back")
def _others(pair: Pair) -> None:
    with Session.open(pair.url, "ada", _FEATURES) as ada:
        with Session.open(pair.url, "ben", _FEATURES):
            same("sessions", pair.revoke("ben"), 1)
            same("the output", ada.call("probe.echo", {"text": "b"}), {"text": "b"})
            same("GONE", _gone(ada), [])


@steered("answers no call of a session that has ended")
def _served(pair: Pair) -> None:
    handlers = {"probe.confirm": wait}
    with Session.open(pair.url, "ada", _FEATURES, handlers=handlers) as session:
        served = session.served
        assert served is not None
        call = session.calls.start("probe.ask", {"text": "sure?"})
        session.connection.until(lambda: served.waiting > 0, "a call of the server")
        pair.revoke("ada")
        expect_error(call.result, "SESSION_LOST", "unknown")
        same("calls that wait", served.waiting, 0)
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("loses one subscription by a decision of the server, and keeps the others")
def _denied(pair: Pair) -> None:
    closed, open_ = room(), room()
    with Session.open(pair.url, features=_FEATURES) as session:
        lost, kept = (session.subscribe(NOTES, {"room": where}) for where in (closed, open_))
        same("the states", [notes.next()[:2] for notes in (lost, kept)], [("state", "fresh")] * 2)
        same("how many have ended", pair.deny(closed), 1)
        event = lost.next()
        same("the end", (event.kind, event.value["code"]), ("ended", "DENIED"))
        say(pair.url, closed, "1")
        say(pair.url, open_, "2")
        same("the other one", kept.next().value, {"text": "2"})
        messages = [came for came in session.connection.log if came["kind"] == "MESSAGE"]
        same("topic messages", len(messages), 1)
        again = session.subscribe(NOTES, {"room": closed}).next()
        same("another try", (again.kind, again.value["code"]), ("ended", "DENIED"))
