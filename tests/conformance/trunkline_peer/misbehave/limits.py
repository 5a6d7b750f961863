"""More than a server allows."""

from __future__ import annotations

from ..checks import room, same
from ..messages import encode_message
from ..session import Session
from .reactions import MISBEHAVE, closes, kinds, lives, refuses


def _limit(session: Session, name: str) -> int:
    assert session.welcome is not None
    return session.welcome["limits"][name]


@MISBEHAVE.add("calls-above-the-limit")
def _calls(url: str) -> None:
    with Session.open(url) as session:
        count = _limit(session, "callsInFlight")
        allowed = [session.calls.start("probe.wait") for _ in range(count)]
        refuses(session.calls.start("probe.echo", {"text": "one more"}).result, "BUSY")
        same("the others", {call.final is None for call in allowed}, {True})
        allowed[0].cancel()
        refuses(allowed[0].result, "CANCELLED", "unknown")
        lives(session)


@MISBEHAVE.add("streams-above-the-limit")
def _streams(url: str) -> None:
    with Session.open(url) as session:
        for _ in range(_limit(session, "streams")):
            session.stream("probe.sum")
        refuses(session.stream("probe.sum").result, "BUSY")
        lives(session)


@MISBEHAVE.add("subscriptions-above-the-limit")
def _subscriptions(url: str) -> None:
    with Session.open(url) as session:
        count = _limit(session, "subscriptions")
        subs = [session.subscribe("probe.notes", {"room": room()}) for _ in range(count)]
        subs[-1].next()
        session.connection.rest(0.3)
        event = session.subscribe("probe.notes", {"room": room()}).next()
        same("the answer", (event.kind, event.value["code"]), ("paused", "BUSY"))
        lives(session)


@MISBEHAVE.add("procedures-above-the-limit")
def _procedures(url: str) -> None:
    with Session.open(url) as session:
        count = _limit(session, "boundProcedures") + 1
        fields = {"procedureKind": "call", "name": "probe.echo", "sendHash": 0, "receiveHash": 0}
        body = b"".join(
            encode_message({"kind": "BIND", "procedure": n, **fields}) for n in range(count)
        )
        session.connection.send_body(body, count)
        closes(session.connection, 4429)


@MISBEHAVE.add("cancels-above-the-rate")
def _cancels(url: str) -> None:
    with Session.open(url) as session:
        body = encode_message({"kind": "CANCEL", "id": 0, "reason": "withdrawn"}) * 1500
        session.connection.send_body(body, 1500)
        closes(session.connection, 4429)


@MISBEHAVE.add("unsubscribes-above-the-rate")
def _unsubscribes(url: str) -> None:
    with Session.open(url) as session:
        session.connection.send_body(encode_message({"kind": "UNSUBSCRIBE", "sub": 0}) * 1500, 0)
        closes(session.connection, 4429)


@MISBEHAVE.add("calls-at-fault-above-the-rate")
def _faults(url: str) -> None:
    with Session.open(url) as session:
        procedure = session.calls.bind("probe.nowhere", "call")
        for _ in range(6):
            ids = range(0, 2 * 250, 2)
            fields = {"procedure": procedure, "encoding": 0, "bytes": b""}
            body = b"".join(encode_message({"kind": "CALL", "id": id, **fields}) for id in ids)
            wanted = kinds(session).count("ERROR") + 250
            session.connection.send_body(body, 250)
            if wanted <= 1000:
                session.connection.until(lambda: kinds(session).count("ERROR") == wanted, "ERRORs")
        closes(session.connection, 4429)


@MISBEHAVE.add("subscribes-above-the-rate")
def _subscribes(url: str) -> None:
    with Session.open(url) as session:
        params = {"encoding": 0, "bytes": b""}
        fields = {"name": "probe.nowhere", "params": params, "payloadHash": 0}
        body = b"".join(
            encode_message({"kind": "SUBSCRIBE", "sub": sub, **fields}) for sub in range(1500)
        )
        session.connection.send_body(body, 0)
        closes(session.connection, 4429)


@MISBEHAVE.add("cancels-of-calls-above-the-rate")
def _cancelled_calls(url: str) -> None:
    with Session.open(url) as session:
        procedure = session.calls.bind("probe.wait", "call")
        fields = {"procedure": procedure, "encoding": 0, "bytes": b""}
        body = b"".join(
            encode_message({"kind": "CALL", "id": id, **fields})
            + encode_message({"kind": "CANCEL", "id": id, "reason": "withdrawn"})
            for id in range(0, 400, 2)
        )
        for _ in range(7):
            wanted = kinds(session).count("ERROR") + 200
            session.connection.send_body(body, 400)
            if wanted <= 1000:
                session.connection.until(lambda: kinds(session).count("ERROR") == wanted, "ERRORs")
        closes(session.connection, 4429)


@MISBEHAVE.add("1000-cancels-at-once-are-fine")
def _burst(url: str) -> None:
    with Session.open(url) as session:
        body = encode_message({"kind": "CANCEL", "id": 0, "reason": "withdrawn"}) * 1000
        session.connection.send_body(body, 1000)
        lives(session)
