"""Greetings, acknowledgements and PING."""

from __future__ import annotations

from ..checks import same, soon
from ..session import Session
from ..websocket import Closed
from .registry import LIVE


@LIVE.add("connects and is welcomed")
def _connect(url: str) -> None:
    with Session.open(url) as session:
        assert session.welcome is not None
        same("the subprotocol", session.connection.ws.protocol, "trunkline.v1.superjson")


@LIVE.add("is closed with 4401 for a token that is refused")
def _refused(url: str) -> None:
    try:
        Session.open(url, "wrong")
    except Closed as closed:
        same("the code", closed.code, 4401)
        return
    raise AssertionError("was welcomed")


@LIVE.add("has its PING answered")
def _ping(url: str) -> None:
    with Session.open(url) as session:
        log = session.connection.log
        session.connection.send({"kind": "PING", "value": 0xDECAFBAD})
        session.connection.until(lambda: log[-1]["kind"] == "PONG", "PONG")
        same("the value", log[-1]["value"], 0xDECAFBAD)


@LIVE.add("has its messages acknowledged")
def _acks(url: str) -> None:
    with Session.open(url) as session:
        session.call("probe.echo", {"text": "a"})
        session.connection.until(lambda: session.connection.acked == 2, "an acknowledgement")


@LIVE.add("has NOW acknowledged at once")
def _now(url: str) -> None:
    with Session.open(url) as session:
        connection = session.connection

        def ask() -> None:
            connection.send({"kind": "VOID"}, now=True)
            connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")

        soon(ask)
