"""Programs that call."""

from __future__ import annotations

from typing import Any, Dict

from ..renewal import AUTH_FEATURE, Renewal
from ..served import agree, wait
from ..session import TOKEN, Session, hello
from ..values import UNDEFINED, BigInt, Date, MapOf, SetOf
from .opening import FEATURES, Program, echo, open_session, tell_outcome
from .telling import tell

LATE = 0.8


def _connect(url: str) -> None:
    with open_session(url):
        tell(welcome=True)


def _call(url: str) -> None:
    with open_session(url) as session:
        echo(session, "hello")


def _pair(url: str) -> None:
    with open_session(url) as session:
        echo(session, "one")
        echo(session, "two")


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
        echo(session, "on")


def _lost(url: str) -> None:
    with open_session(url) as session:
        tell_outcome(lambda: session.call("probe.wait"))
        echo(session, "after")


def _error(url: str) -> None:
    with open_session(url) as session:
        tell_outcome(lambda: session.call("probe.fail", {"why": "no"}))


def _cancel(url: str) -> None:
    with open_session(url) as session:
        call = session.calls.start("probe.wait")
        session.connection.later(0.1, call.cancel)
        tell_outcome(call.result)
        echo(session, "after")


def _deadline(url: str) -> None:
    with open_session(url) as session:
        call = session.calls.start("probe.wait", deadlineMs=100)
        tell_outcome(call.result)


def _kinds(url: str) -> None:
    value = {
        **{"at": Date.parse("2026-01-01T00:00:00.000Z"), "big": BigInt(12_345_678_901_234_567_890)},
        **{"bytes": bytes.fromhex("cafe"), "tags": SetOf(["a", "b"])},
        **{"counts": MapOf([("one", 1), ("two", 2)]), "nothing": UNDEFINED},
    }
    with open_session(url) as session:
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
    with open_session(url) as session:
        assert session.welcome is not None
        most = session.welcome["limits"]["callsInFlight"]
        live = session.calls.live
        calls = []
        for text in ("one", "two", "three"):
            session.connection.until(lambda: len(live) < most, "the end of another call")
            calls.append(session.calls.start("probe.echo", {"text": text}))
        for call in calls:
            tell_outcome(call.result)


def _asked(url: str) -> None:
    with Session.open(url, features=FEATURES, handlers={"probe.confirm": agree}) as session:
        tell_outcome(lambda: session.call("probe.ask", {"text": "sure?"}))


def _asked_unknown(url: str) -> None:
    with Session.open(url, handlers={}) as session:
        tell_outcome(lambda: session.call("probe.ask", {"text": "sure?"}))


def _asked_withdrawn(url: str) -> None:
    with Session.open(url, handlers={"probe.confirm": wait}) as session:
        served = session.served
        assert served is not None
        call = session.calls.start("probe.ask", {"text": "sure?"})
        session.connection.until(lambda: served.waiting > 0, "a call of the server")
        call.cancel()
        tell_outcome(call.result)
        session.connection.until(lambda: bool(served.withdrawn), "a CANCEL of it")
        echo(session, "after")


def _refused(url: str) -> None:
    Session.open(url, "wrong").connection.close()


def _violation(url: str) -> None:
    with open_session(url) as session:
        session.call("probe.echo", {"text": "hello"})
        session.connection.until(lambda: False, "a violation")


CALLS: Dict[str, Program] = {
    "connect": _connect,
    "call": _call,
    "pair": _pair,
    "renewing": _renewing,
    "lost": _lost,
    "error": _error,
    "cancel": _cancel,
    "deadline": _deadline,
    "kinds": _kinds,
    "parallel": _parallel,
    "asked": _asked,
    "asked-unknown": _asked_unknown,
    "asked-withdrawn": _asked_withdrawn,
    "refused": _refused,
    "violation": _violation,
}
