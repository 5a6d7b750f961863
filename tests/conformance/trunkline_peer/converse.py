"""The program of a client under test: one conversation, told in JSON lines on standard output."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from typing import Any, Callable, Dict, Optional

from .calls import CallError
from .connection import TimedOut
from .extensions import Message
from .session import Session
from .topics import Event, Subscription
from .values import UNDEFINED
from .websocket import Closed

NOTES, LOBBY = "probe.notes", {"room": "lobby"}
PATIENCE = 30.0
CLOSED_FOR_GOOD = {1000, 1009, 4400, 4401, 4403, 4406, 4409}
CLOSED_ON_PURPOSE = {"refused": 4401, "violation": 4400}


def tell(**outcome: Any) -> None:
    """Prints one outcome."""
    print(json.dumps(outcome, ensure_ascii=False, separators=(",", ":")), flush=True)


def converse(conversation: str, url: str) -> int:
    """Has a conversation, and gives the exit code."""
    try:
        CONVERSATIONS[conversation](url)
    except Closed as closed:
        tell(closed=closed.code)
        return 0 if CLOSED_ON_PURPOSE.get(conversation) == closed.code else 1
    except (TimedOut, CallError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _tell_outcome(act: Callable[[], Any], name: str = "result") -> None:
    try:
        tell(**{name: act()})
    except CallError as error:
        data = {} if error.data is UNDEFINED else {"data": error.data}
        tell(error={"code": error.code, "executed": error.executed, **data})


def _connect(url: str) -> None:
    with Session.open(url):
        tell(welcome=True)


def _echo(session: Session, text: str) -> None:
    _tell_outcome(lambda: session.call("probe.echo", {"text": text}))


def _call(url: str) -> None:
    with Session.open(url) as session:
        _echo(session, "hello")


def _error(url: str) -> None:
    with Session.open(url) as session:
        _tell_outcome(lambda: session.call("probe.fail", {"why": "no"}))


def _cancel(url: str) -> None:
    with Session.open(url) as session:
        call = session.calls.start("probe.wait")
        session.connection.rest(0.1)
        call.cancel()
        _tell_outcome(call.result)
        _echo(session, "after")


def _deadline(url: str) -> None:
    with Session.open(url) as session:
        call = session.calls.start("probe.wait", deadlineMs=100)
        _tell_outcome(call.result)


def _download(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 200})
        items = sum_ = 0
        while (item := stream.next_item()) is not UNDEFINED:
            items, sum_ = items + 1, sum_ + item
        tell(items=items, sum=sum_)


def _upload(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        for number in range(1, 41):
            stream.push(number)
        stream.end()
        _tell_outcome(stream.result, "output")


def _both(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.double")
        for number in (1, 2, 3):
            stream.push(number)
        stream.end()
        items = []
        while (item := stream.next_item()) is not UNDEFINED:
            items.append(item)
        tell(items=items)


def _stop(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 1_000_000})
        items = [stream.next_item() for _ in range(3)]
        stream.cancel("stopped")
        stream.wait()
        tell(items=items)
        _echo(session, "after")


def _tell_event(event: Event) -> None:
    if event.kind == "state" and event.value != "gap":
        tell(state=event.value)
    elif event.kind == "message":
        tell(message=event.value)
    elif event.kind == "gap":
        gap = event.value
        tell(gap={"from": gap["from"], "to": gap.get("to", 0), "reason": gap["reason"]})
    elif event.kind == "ended":
        tell(ended={"code": event.value["code"]})


class _Follower:
    """Follows the notes of the lobby over reconnects until it has seen enough."""

    def __init__(self, url: str, enough: Callable[[_Follower], bool]) -> None:
        self.messages = self.since_gap = 0
        self.gaps = 0
        self._url, self._enough = url, enough
        self._cursor: Optional[Message] = None
        self._until = time.monotonic() + PATIENCE

    def follow(self) -> None:
        """Connects, and connects again whenever it is cut."""
        bound = 0.5
        while True:
            began = time.monotonic()
            try:
                with Session.open(self._url) as session:
                    return self._listen(session)
            except Closed as closed:
                if closed.code in CLOSED_FOR_GOOD or time.monotonic() > self._until:
                    raise
                named = _named_delay(closed)
            except OSError:
                if time.monotonic() > self._until:
                    raise
                named = 0.0
            bound = 0.5 if time.monotonic() - began >= 10 else bound
            time.sleep(max(named, random.uniform(0.25, bound)))
            bound = min(bound * 2, 20.0)

    def _listen(self, session: Session) -> None:
        more = {} if self._cursor is None else {"cursor": self._cursor}
        notes = session.subscribe(NOTES, LOBBY, **more)
        while not self._enough(self):
            event = notes.next(max(0.0, self._until - time.monotonic()))
            self._cursor = notes.cursor
            _tell_event(event)
            self.messages += event.kind == "message"
            self.since_gap += event.kind == "message" and self.gaps > 0
            self.gaps += event.kind == "gap"
        notes.leave()


def _named_delay(closed: Closed) -> float:
    """Gives the seconds that a reason names; one that is missing or senseless is none."""
    is_named = closed.code in (4429, 4503) and re.fullmatch("[0-9]{1,9}", closed.reason)
    return int(closed.reason) / 1000 if is_named else 0.0


def _reconnect(url: str) -> None:
    _Follower(url, lambda follower: follower.messages == 4).follow()


def _gap(url: str) -> None:
    _Follower(url, lambda follower: follower.since_gap == 1).follow()


def _subscribe(url: str) -> None:
    with Session.open(url) as session:
        notes: Subscription = session.subscribe(NOTES, LOBBY, last=2)
        messages = 0
        while messages < 3:
            event = notes.next(PATIENCE)
            _tell_event(event)
            messages += event.kind == "message"
        notes.leave()


def _publish(url: str) -> None:
    with Session.open(url) as session:
        place = session.publish(NOTES, LOBBY, {"text": "hi"})
        tell(published={"offset": place["offset"]})


def _refused(url: str) -> None:
    Session.open(url, "wrong").connection.close()


def _violation(url: str) -> None:
    with Session.open(url) as session:
        session.call("probe.echo", {"text": "hello"})
        session.connection.until(lambda: False, "a violation")


CONVERSATIONS: Dict[str, Callable[[str], None]] = {
    "connect": _connect,
    "call": _call,
    "error": _error,
    "cancel": _cancel,
    "deadline": _deadline,
    "download": _download,
    "upload": _upload,
    "both": _both,
    "stop": _stop,
    "subscribe": _subscribe,
    "reconnect": _reconnect,
    "gap": _gap,
    "publish": _publish,
    "refused": _refused,
    "violation": _violation,
}
