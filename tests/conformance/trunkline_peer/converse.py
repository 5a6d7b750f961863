"""The program of a client under test: one conversation, told in JSON lines on standard output."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict

from .call import CallError
from .chunks import CHUNK_FEATURE
from .connection import TimedOut
from .moving import GOAWAY_FEATURE
from .following import LOBBY, NOTES, PATIENCE, Follower
from .renewal import AUTH_FEATURE, Renewal
from .resumption import RESUME_FEATURE
from .served import agree, wait
from .session import TOKEN, Session, hello
from .telling import tell, tell_event
from .topics import Subscription
from .values import UNDEFINED, BigInt, Date, MapOf, SetOf
from .websocket import Closed

CHANGES = "probe.changes"
LATE = 0.8
FEATURES = RESUME_FEATURE | CHUNK_FEATURE | GOAWAY_FEATURE
CLOSED_ON_PURPOSE = {"refused": 4401, "violation": 4400}


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


def _open(url: str) -> Session:
    return Session.open(url, features=FEATURES)


def _tell_outcome(act: Callable[[], Any], name: str = "result") -> None:
    try:
        tell(**{name: act()})
    except CallError as error:
        data = {} if error.data is UNDEFINED else {"data": error.data}
        tell(error={"code": error.code, "executed": error.executed, **data})


def _connect(url: str) -> None:
    with _open(url):
        tell(welcome=True)


def _echo(session: Session, text: str) -> None:
    _tell_outcome(lambda: session.call("probe.echo", {"text": text}))


def _call(url: str) -> None:
    with _open(url) as session:
        _echo(session, "hello")


def _pair(url: str) -> None:
    with _open(url) as session:
        _echo(session, "one")
        _echo(session, "two")


def _renewing(url: str) -> None:
    session = Session(url)
    renewal = Renewal(session.connection)
    with session:
        session.connection.send(hello(features=AUTH_FEATURE))
        session.await_welcome()
        assert session.welcome is not None
        session.connection.rest(session.welcome["expiresInMs"] * LATE / 1_000)
        renewal.send(TOKEN)
        renewal.wait()
        _echo(session, "on")


def _lost(url: str) -> None:
    with _open(url) as session:
        _tell_outcome(lambda: session.call("probe.wait"))
        _echo(session, "after")


def _error(url: str) -> None:
    with _open(url) as session:
        _tell_outcome(lambda: session.call("probe.fail", {"why": "no"}))


def _cancel(url: str) -> None:
    with _open(url) as session:
        call = session.calls.start("probe.wait")
        session.connection.later(0.1, call.cancel)
        _tell_outcome(call.result)
        _echo(session, "after")


def _deadline(url: str) -> None:
    with _open(url) as session:
        call = session.calls.start("probe.wait", deadlineMs=100)
        _tell_outcome(call.result)


def _download(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.count", {"to": 200})
        items = sum_ = 0
        while (item := stream.next_item()) is not UNDEFINED:
            items, sum_ = items + 1, sum_ + item
        tell(items=items, sum=sum_)


def _upload(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.sum")
        for number in range(1, 41):
            stream.push(number)
        stream.end()
        _tell_outcome(stream.result, "output")


def _both(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.double")
        for number in (1, 2, 3):
            stream.push(number)
        stream.end()
        items = []
        while (item := stream.next_item()) is not UNDEFINED:
            items.append(item)
        tell(items=items)


def _stop(url: str) -> None:
    with _open(url) as session:
        stream = session.stream("probe.count", {"to": 1_000_000})
        items = [stream.next_item() for _ in range(3)]
        stream.cancel("stopped")
        stream.wait()
        tell(items=items)
        _echo(session, "after")


def _reconnect(url: str) -> None:
    Follower(url, lambda follower: follower.messages == 4).follow()


def _gap(url: str) -> None:
    Follower(url, lambda follower: follower.since_gap == 1).follow()


def _subscribe(url: str) -> None:
    with _open(url) as session:
        notes: Subscription = session.subscribe(NOTES, LOBBY, last=2)
        messages = 0
        while messages < 3:
            event = notes.next(PATIENCE)
            tell_event(event)
            messages += event.kind == "message"
        notes.leave()


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
    with _open(url) as session:
        place = session.publish(NOTES, LOBBY, {"text": "hi"})
        tell(published={"offset": place["offset"]})


def _kinds(url: str) -> None:
    value = {
        **{"at": Date.parse("2026-01-01T00:00:00.000Z"), "big": BigInt(12_345_678_901_234_567_890)},
        **{"bytes": bytes.fromhex("cafe"), "tags": SetOf(["a", "b"])},
        **{"counts": MapOf([("one", 1), ("two", 2)]), "nothing": UNDEFINED},
    }
    with _open(url) as session:
        result = session.call("probe.kinds", value)
        tell(result={name: _in_json(part) for name, part in result.items()})


def _in_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, SetOf):
        return value.members
    if isinstance(value, MapOf):
        return value.pairs
    if isinstance(value, Date):
        return value.iso()
    return None if value is UNDEFINED else str(value)


def _parallel(url: str) -> None:
    with _open(url) as session:
        assert session.welcome is not None
        most = session.welcome["limits"]["callsInFlight"]
        live = session.calls.live
        calls = []
        for text in ("one", "two", "three"):
            session.connection.until(lambda: len(live) < most, "the end of another call")
            calls.append(session.calls.start("probe.echo", {"text": text}))
        for call in calls:
            _tell_outcome(call.result)


def _asked(url: str) -> None:
    with Session.open(url, features=FEATURES, handlers={"probe.confirm": agree}) as session:
        _tell_outcome(lambda: session.call("probe.ask", {"text": "sure?"}))


def _asked_unknown(url: str) -> None:
    with Session.open(url, handlers={}) as session:
        _tell_outcome(lambda: session.call("probe.ask", {"text": "sure?"}))


def _asked_withdrawn(url: str) -> None:
    with Session.open(url, handlers={"probe.confirm": wait}) as session:
        served = session.served
        assert served is not None
        call = session.calls.start("probe.ask", {"text": "sure?"})
        session.connection.until(lambda: served.waiting > 0, "a call of the server")
        call.cancel()
        _tell_outcome(call.result)
        session.connection.until(lambda: bool(served.withdrawn), "a CANCEL of it")
        _echo(session, "after")


def _refused(url: str) -> None:
    Session.open(url, "wrong").connection.close()


def _violation(url: str) -> None:
    with _open(url) as session:
        session.call("probe.echo", {"text": "hello"})
        session.connection.until(lambda: False, "a violation")


CONVERSATIONS: Dict[str, Callable[[str], None]] = {
    "connect": _connect,
    "call": _call,
    "pair": _pair,
    "renewing": _renewing,
    "lost": _lost,
    "error": _error,
    "cancel": _cancel,
    "deadline": _deadline,
    "download": _download,
    "upload": _upload,
    "both": _both,
    "stop": _stop,
    "subscribe": _subscribe,
    "conflated": _conflated,
    "snapshot": _snapshot,
    "reconnect": _reconnect,
    "gap": _gap,
    "publish": _publish,
    "kinds": _kinds,
    "parallel": _parallel,
    "asked": _asked,
    "asked-unknown": _asked_unknown,
    "asked-withdrawn": _asked_withdrawn,
    "refused": _refused,
    "violation": _violation,
}
