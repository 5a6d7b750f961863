"""Programs that subscribe and publish."""

from __future__ import annotations

from typing import Dict

from ..session import Session
from ..topics import Subscription
from .following import LOBBY, NOTES, PATIENCE, Follower
from .opening import Program, open_session
from .telling import tell, tell_event

CHANGES = "probe.changes"


def _subscribe(url: str) -> None:
    with open_session(url) as session:
        notes: Subscription = session.subscribe(NOTES, LOBBY, last=2)
        messages = 0
        while messages < 3:
            event = notes.next(PATIENCE)
            tell_event(event)
            messages += event.kind == "message"
        notes.leave()


def _reconnect(url: str) -> None:
    Follower(url, lambda follower: follower.messages == 4).follow()


def _gap(url: str) -> None:
    Follower(url, lambda follower: follower.since_gap == 1).follow()


def _conflated(url: str) -> None:
    Follower(url, lambda follower: follower.messages == 2).follow()


def _snapshot(url: str) -> None:
    with Session.open(url) as session:
        changes: Subscription = session.subscribe(CHANGES, LOBBY)
        assert changes.next(PATIENCE).kind == "state"
        call = session.calls.start("probe.board", LOBBY)
        tell(snapshot=call.result())
        as_of = call.wait()["asOf"]
        event = changes.next_message(PATIENCE)
        while changes.epoch == as_of["epoch"] and event.offset <= as_of["offset"]:
            event = changes.next_message(PATIENCE)
        tell_event(event)
        changes.leave()


def _publish(url: str) -> None:
    with open_session(url) as session:
        place = session.publish(NOTES, LOBBY, {"text": "hi"})
        tell(published={"offset": place["offset"]})


def _ended(url: str) -> None:
    with open_session(url) as session:
        notes: Subscription = session.subscribe(NOTES, LOBBY)
        while not notes.ended:
            tell_event(notes.next(PATIENCE))


TOPICS: Dict[str, Program] = {
    "subscribe": _subscribe,
    "reconnect": _reconnect,
    "gap": _gap,
    "conflated": _conflated,
    "snapshot": _snapshot,
    "publish": _publish,
    "ended": _ended,
}
