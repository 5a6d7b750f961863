"""Subscriptions, recovery, gaps and publishes."""

from __future__ import annotations

from ..checks import room, same
from ..session import Session
from .registry import LIVE

NOTES = "probe.notes"


def say(url: str, where: str, *texts: str) -> None:
    """Has the server publish notes in a room, from a connection of its own."""
    with Session.open(url) as other:
        for text in texts:
            same("the answer", other.call("probe.announce", {"room": where, "text": text}), None)


@LIVE.add("subscribes, with the last that are kept")
def _history(url: str) -> None:
    where = room()
    say(url, where, "1", "2", "3")
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where}, last=2)
        same("the state", notes.next()[:2], ("state", "fresh"))
        same("the kept ones", [notes.next().value["text"] for _ in range(2)], ["2", "3"])
        say(url, where, "4")
        same("a new one", notes.next().value["text"], "4")


@LIVE.add("recovers a subscription over a reconnect")
def _recover(url: str) -> None:
    where = room()
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where})
        notes.next()
        say(url, where, "1", "2")
        same("before the cut", [notes.next().value["text"] for _ in range(2)], ["1", "2"])
        session.connection.ws.cut()
    say(url, where, "3", "4")
    with Session.open(url) as session:
        again = session.subscribe(NOTES, {"room": where}, cursor=notes.cursor)
        same("the state", again.next()[:2], ("state", "recovered"))
        say(url, where, "5")
        same("after the cut", [again.next().value["text"] for _ in range(3)], ["3", "4", "5"])
        session.connection.rest(0.1)
        kinds = [m["kind"] for m in session.connection.log]
        same("topic messages", (kinds.count("MESSAGE"), kinds.count("GAP")), (3, 0))


@LIVE.add("is told of a gap")
def _gap(url: str) -> None:
    where = room()
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where})
        notes.next()
        say(url, where, "0")
        notes.next()
        session.connection.ws.cut()
    say(url, where, *(str(number) for number in range(1, 15)))
    with Session.open(url) as session:
        again = session.subscribe(NOTES, {"room": where}, cursor=notes.cursor)
        same("the state", again.next()[:2], ("state", "gap"))
        gap = again.next()
        same("the event", gap.kind, "gap")
        same("what is missing", (gap.value["from"], gap.value["to"]), (2, 5))
        texts = [again.next().value["text"] for _ in range(10)]
        same("what is left", texts, [str(number) for number in range(5, 15)])


@LIVE.add("is told that the epoch is another")
def _other_epoch(url: str) -> None:
    where, cursor = room(), {"epoch": 5, "offset": 1}
    say(url, where, "1", "2", "3")
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where}, cursor=cursor)
        same("the state", notes.next()[:2], ("state", "gap"))
        gap = notes.next().value
        same("the gap", (gap["epoch"], gap["from"], gap["reason"]), (5, 2, "epoch"))
        same("what is kept", [notes.next().value["text"] for _ in range(3)], ["1", "2", "3"])


@LIVE.add("publishes, and is told the place")
def _publish(url: str) -> None:
    where = room()
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where})
        notes.next()
        places = [session.publish(NOTES, {"room": where}, {"text": t}) for t in ("a", "b")]
        events = [notes.next() for _ in range(2)]
        same("the texts", [event.value["text"] for event in events], ["a", "b"])
        same("the offsets", [place["offset"] for place in places], [e.offset for e in events])
        same("the epoch", {place["epoch"] for place in places}, {notes.epoch})


@LIVE.add("publishes once, under a publish id")
def _publish_twice(url: str) -> None:
    where, id = room(), {"publisher": room(), "counter": 1}
    with Session.open(url) as session:
        first, second = (
            session.publish(NOTES, {"room": where}, {"text": "a"}, publishId=id) for _ in range(2)
        )
        same("the places", second["offset"], first["offset"])
        same("duplicate", (first["duplicate"], second["duplicate"]), (False, True))


@LIVE.add("gets no topic message after it has left")
def _leave(url: str) -> None:
    where = room()
    with Session.open(url) as session:
        notes = session.subscribe(NOTES, {"room": where})
        notes.next()
        notes.leave()
        session.publish(NOTES, {"room": where}, {"text": "a"})
        again = session.subscribe(NOTES, {"room": where})
        same("the state", again.next()[:2], ("state", "fresh"))
        same("the sub", again.sub, 1)


@LIVE.add("is denied a subscription")
def _secrets(url: str) -> None:
    with Session.open(url) as session:
        event = session.subscribe("probe.secrets", {"room": room()}).next()
        same("the answer", (event.kind, event.value["code"]), ("ended", "DENIED"))


@LIVE.add("gets ENDED NOT_FOUND for a topic that is not there")
def _no_topic(url: str) -> None:
    with Session.open(url) as session:
        event = session.subscribe("probe.nowhere", {"room": room()}).next()
        same("the answer", (event.kind, event.value["code"]), ("ended", "NOT_FOUND"))


@LIVE.add("gets ENDED INVALID_INPUT for params that do not fit")
def _bad_params(url: str) -> None:
    with Session.open(url) as session:
        event = session.subscribe("probe.notes", {"room": 4}).next()
        same("the answer", (event.kind, event.value["code"]), ("ended", "INVALID_INPUT"))
