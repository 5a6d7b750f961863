"""Sessions that outlive their connections."""

from __future__ import annotations

from typing import Any, List

from ..checks import room, same
from ..chunks import CHUNK_FEATURE
from ..resumption import RESUME_FEATURE
from ..served import agree
from ..session import Session
from ..values import UNDEFINED
from .registry import LIVE, expect_error
from .streaming import all_items
from .subscribing import NOTES, say


def _open(url: str, features: int = RESUME_FEATURE) -> Session:
    session = Session.open(url, features=features)
    assert session.welcome is not None
    same("the bytes of the secret", len(session.welcome["secret"]), 32)
    return session


def _acknowledged(session: Session) -> None:
    connection = session.connection
    connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")


def _kinds(session: Session, kind: str) -> List[Any]:
    return [came for came in session.connection.log if came["kind"] == kind]


@LIVE.add("gets the end of a call that went on over a cut")
def _wait(url: str) -> None:
    with _open(url) as session:
        call = session.calls.start("probe.wait", deadlineMs=900)
        _acknowledged(session)
        session.connection.ws.cut()
        final = call.wait()
        same("the answer", (final["code"], final["executed"]), ("DEADLINE", "unknown"))
        same("times resumed", len(_kinds(session, "RESUMED")), 1)


@LIVE.add("gets the result of a call that a cut may have lost, whose handler runs once")
def _call(url: str) -> None:
    where = room()
    with _open(url) as session:
        for text in ("1", "2", "3"):
            value = {"room": where, "text": text}
            call = session.calls.start("probe.announce", value)
            session.connection.ws.cut()
            same("the output", call.result(), None)
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where}, last=10)
        same("the state", notes.next()[:2], ("state", "fresh"))
        same("what ran", [notes.next().value["text"] for _ in range(3)], ["1", "2", "3"])
        same("how often", notes.position, 3)


@LIVE.add("reads a stream over cuts, each item once")
def _down(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.count", {"to": 500})
        items = []
        for cut_at in (40, 200, 201):
            while len(items) < cut_at:
                items.append(stream.next_item())
            session.connection.ws.cut()
        same("the items", items + all_items(stream), list(range(500)))
        same("the output", stream.result(), UNDEFINED)


@LIVE.add("sends a stream over cuts, each item once")
def _up(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.sum")
        for number in range(1, 101):
            if number in (10, 50, 51):
                session.connection.ws.cut()
            stream.push(number)
        stream.end()
        same("the output", stream.result(), {"items": 100, "sum": 5050})


@LIVE.add("recovers a subscription when its session is resumed")
def _subscription(url: str) -> None:
    where = room()
    with _open(url) as session:
        notes = session.subscribe(NOTES, {"room": where})
        same("the state", notes.next()[:2], ("state", "fresh"))
        say(url, where, "1")
        same("before the cut", notes.next().value, {"text": "1"})
        session.connection.ws.cut()
        say(url, where, "2", "3")
        same("the state", notes.next()[:2], ("state", "recovered"))
        same("after the cut", [notes.next().value["text"] for _ in range(2)], ["2", "3"])
        same("gaps", _kinds(session, "GAP"), [])


@LIVE.add("sends a large input over a cut in the middle")
def _large_input(url: str) -> None:
    with _open(url) as session:
        text = "ü" * 50_000
        connection = session.connection
        connection.later(0.0, lambda: connection.ws.cut())
        same("the output", session.call("probe.echo", {"text": text}), {"text": text})
        same("times resumed", len(_kinds(session, "RESUMED")), 1)


@LIVE.add("gets a large result over a cut in the middle")
def _large_result(url: str) -> None:
    with _open(url, RESUME_FEATURE | CHUNK_FEATURE) as session:
        text = "ü" * 100_000
        call = session.calls.start("probe.echo", {"text": text})
        session.connection.until(lambda: bool(_kinds(session, "CHUNK")), "a chunk")
        session.connection.ws.cut()
        same("the output", call.result(), {"text": text})
        same("times resumed", len(_kinds(session, "RESUMED")), 1)
        firsts = [came for came in _kinds(session, "CHUNK") if came["isFirst"]]
        same("beginnings", len(firsts), 1)


@LIVE.add("withdraws a call that the server never had")
def _void(url: str) -> None:
    with _open(url) as session:
        session.call("probe.echo", {"text": "bound"})
        session.calls.bind("probe.wait", "call")
        _acknowledged(session)
        session.connection.ws.cut()
        call = session.calls.start("probe.wait")
        call.cancel()
        expect_error(call.result, "CANCELLED", "no")
        same("the next output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        same("errors", _kinds(session, "ERROR"), [])


@LIVE.add("is called by the server over cuts, and asked once for each call")
def _asked(url: str) -> None:
    asked: List[Any] = []

    def confirm(value: Any) -> Any:
        asked.append(value)
        session.connection.ws.cut()
        return agree(value)

    handlers = {"probe.confirm": confirm}
    session = Session.open(url, features=RESUME_FEATURE, handlers=handlers)
    with session:
        for _ in range(3):
            output = session.call("probe.ask", {"text": "sure?"})
            same("the output", output, {"agreed": True})
        same("times asked", len(asked), 3)


@LIVE.add("is resumed many times")
def _often(url: str) -> None:
    with _open(url) as session:
        for number in range(8):
            session.connection.ws.cut()
            text = {"text": str(number)}
            same("the output", session.call("probe.echo", text), text)
        same("times resumed", len(_kinds(session, "RESUMED")), 8)
