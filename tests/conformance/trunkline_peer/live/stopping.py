"""A server that stops: GOAWAY, another session, and what becomes of what runs."""

from __future__ import annotations

from typing import List

from ..checks import room, same
from ..chunks import CHUNK_FEATURE
from ..connection import Connection
from ..moving import GOAWAY_FEATURE
from ..resumption import RESUME_FEATURE, named_delay
from ..served import agree
from ..session import Session
from ..websocket import Closed
from .registry import expect_error
from .steering import Pair, steered
from .streaming import all_items
from .subscribing import NOTES, say

_ALL = RESUME_FEATURE | CHUNK_FEATURE | GOAWAY_FEATURE


def _open(pair: Pair, features: int = _ALL) -> Session:
    session = Session.open(pair.url, features=features)
    same("the bytes of the secret", len((session.welcome or {})["secret"]), 32)
    return session


def _acknowledged(session: Session) -> None:
    connection = session.connection
    connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")


def _moved(session: Session, before: Connection) -> None:
    """Waits until the session has left its connection, with 1000."""
    before.until(lambda: session.connection is not before, "another connection")
    now = session.connection
    now.until(lambda: now.group == [now], "the end of the connection before")
    goaway = [came for came in before.log if came["kind"] == "GOAWAY"]
    same("the reasons of GOAWAY", [came["reason"] for came in goaway], ["stopping"])
    same("the end of the connection before", before.ws.close(1000).code, 1000)


@steered("moves to another session when its server stops, and calls there")
def _move(pair: Pair) -> None:
    with _open(pair) as session:
        before, id = session.connection, (session.welcome or {})["session"]
        same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        pair.drain()
        _moved(session, before)
        assert (session.welcome or {})["session"] != id, "it is the same session"
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("gets the end of a call where it began, while new ones go to the next server")
def _call(pair: Pair) -> None:
    with _open(pair) as session:
        before = session.connection
        slow = session.calls.start("probe.wait", deadlineMs=1_500)
        _acknowledged(session)
        pair.drain()
        before.until(lambda: session.connection is not before, "another connection")
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})
        same("the final message of the slow one then", slow.final, None)
        same("the answer", slow.wait()["code"], "DEADLINE")
        _moved(session, before)


@steered("reads a stream to its end on the connection that it is about to leave")
def _stream(pair: Pair) -> None:
    with _open(pair) as session:
        before = session.connection
        stream = session.stream("probe.count", {"to": 500})
        items = [stream.next_item() for _ in range(10)]
        pair.drain()
        before.until(lambda: session.connection is not before, "another connection")
        same("the items", items + all_items(stream), list(range(500)))
        _moved(session, before)


@steered("sends a stream to its end on the connection that it is about to leave")
def _upload(pair: Pair) -> None:
    with _open(pair) as session:
        before = session.connection
        stream = session.stream("probe.sum")
        stream.push(1)
        _acknowledged(session)
        pair.drain()
        before.until(lambda: session.connection is not before, "another connection")
        for number in range(2, 101):
            stream.push(number)
        stream.end()
        same("the output", stream.result(), {"items": 100, "sum": 5050})
        _moved(session, before)


@steered("takes its subscriptions along, without a gap")
def _subscription(pair: Pair) -> None:
    where = room()
    with _open(pair) as session:
        before = session.connection
        notes = session.subscribe(NOTES, {"room": where})
        same("the state", notes.next()[:2], ("state", "fresh"))
        say(pair.url, where, "1")
        same("before", notes.next().value, {"text": "1"})
        pair.drain()
        _moved(session, before)
        same("the state", notes.next()[:2], ("state", "recovered"))
        say(pair.url, where, "2", "3")
        same("afterwards", [notes.next().value["text"] for _ in range(2)], ["2", "3"])
        kinds = {came["kind"] for came in session.connection.log}
        assert "GAP" not in kinds, "a gap came"


@steered("publishes once over a move, under a publish id")
def _publish(pair: Pair) -> None:
    where, publisher = room(), room()
    with _open(pair) as session:
        before = session.connection
        offsets: List[int] = []
        for counter in (1, 2, 2, 3):
            id = {"publisher": publisher, "counter": counter}
            place = session.publish(NOTES, {"room": where}, {"text": "a"}, publishId=id)
            offsets.append(place["offset"])
            if counter == 2 and session.connection is before:
                pair.drain()
                _moved(session, before)
        same("the offsets", offsets, [1, 2, 2, 3])


@steered("is called by the next server as by the one before")
def _asked(pair: Pair) -> None:
    handlers = {"probe.confirm": agree}
    with Session.open(pair.url, features=_ALL, handlers=handlers) as session:
        before = session.connection
        same("the output", session.call("probe.ask", {"text": "sure?"}), {"agreed": True})
        pair.drain()
        _moved(session, before)
        same("the output", session.call("probe.ask", {"text": "sure?"}), {"agreed": True})


@steered("is told that a call did not end in time, whose server stops")
def _unfinished(pair: Pair) -> None:
    with _open(pair) as session:
        call = session.calls.start("probe.wait")
        _acknowledged(session)
        pair.drain(windowMs=2_000)
        expect_error(call.result, "DRAINING", "unknown")
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("resumes its session when the connection is cut before it has moved")
def _cut(pair: Pair) -> None:
    with _open(pair) as session:
        call = session.calls.start("probe.wait", deadlineMs=1_500)
        _acknowledged(session)
        before = session.connection
        before.ws.cut()
        same("the answer", call.wait()["code"], "DEADLINE")
        pair.drain()
        _moved(session, before)
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("goes on where it is while nobody else lets it in")
def _nowhere(pair: Pair) -> None:
    with _open(pair) as session:
        before = session.connection
        call = session.calls.start("probe.wait", deadlineMs=800)
        _acknowledged(session)
        pair.drain(stays=True, windowMs=8_000)
        same("the answer", call.wait()["code"], "DEADLINE")
        same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        same("whether it has moved", session.connection is before, True)


@steered("is told to move again when it comes back to a server that stops")
def _back(pair: Pair) -> None:
    with _open(pair) as session:
        session.call("probe.echo", {"text": "a"})
        session.connection.ws.cut()
        pair.drain(stays=True, windowMs=8_000)
        same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        kinds = [came["kind"] for came in session.connection.log]
        same("behind RESUMED", kinds[kinds.index("RESUMED") + 1], "GOAWAY")


@steered("is closed with 4503 when it cannot be told to move, and comes back after its reason")
def _untold(pair: Pair) -> None:
    features = RESUME_FEATURE | CHUNK_FEATURE
    with _open(pair, features) as session:
        hook, ends = session.connection.on_end, []

        def ended(closed: Closed) -> bool:
            ends.append(closed)
            return hook is not None and hook(closed)

        session.connection.on_end = ended
        pair.drain()
        session.connection.until(lambda: bool(ends), "4503")
        same("the code", ends[0].code, 4503)
        assert ends[0].reason.isdigit() and named_delay(ends[0]) < 30, ends[0].reason
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})


@steered("is told that its session is gone, whose server has stopped meanwhile")
def _detached(pair: Pair) -> None:
    with _open(pair) as session:
        call = session.calls.start("probe.wait")
        _acknowledged(session)
        session.connection.ws.cut()
        pair.drain(windowMs=1_000)
        expect_error(call.result, "SESSION_LOST", "unknown")
        gone = [came for came in session.connection.log if came["kind"] == "GONE"]
        same("the reason", [came["reason"] for came in gone], ["unknown"])
        same("the output", session.call("probe.echo", {"text": "b"}), {"text": "b"})
