"""Tokens within a session."""

from __future__ import annotations

from ..checks import same
from ..renewal import AUTH_FEATURE, Renewal
from ..resumption import RESUME_FEATURE
from ..session import TOKEN, Session
from ..websocket import Closed
from .registry import LIVE


def _open(url: str, features: int = AUTH_FEATURE) -> Session:
    session = Session.open(url, features=features)
    assert session.welcome is not None
    same("AUTH among the features", session.welcome["features"] & AUTH_FEATURE, AUTH_FEATURE)
    return session


def _code_after(url: str, token: str) -> int:
    with _open(url) as session:
        renewal = Renewal(session.connection)
        renewal.send(token)
        try:
            renewal.wait()
        except Closed as closed:
            return closed.code
    return 0


@LIVE.add("renews its token while a call waits, and goes on")
def _renew(url: str) -> None:
    with _open(url) as session:
        renewal = Renewal(session.connection)
        call = session.calls.start("probe.wait", deadlineMs=600)
        renewal.send(TOKEN, TOKEN)
        same("the ends", renewal.wait(), [0, 0])
        same("the answer", call.wait()["code"], "DEADLINE")
        same("the output", session.call("probe.echo", {"text": "on"}), {"text": "on"})


@LIVE.add("is closed with 4401 for a token within a session that is refused")
def _refused(url: str) -> None:
    same("the code", _code_after(url, "wrong"), 4401)


@LIVE.add("is closed with 4410 for the token of somebody else within a session")
def _principal(url: str) -> None:
    same("the code", _code_after(url, "somebody-else"), 4410)


@LIVE.add("is not offered tokens within a session where it does not take the answer")
def _unable(url: str) -> None:
    with Session.open(url, features=RESUME_FEATURE) as session:
        assert session.welcome is not None
        same("AUTH among the features", session.welcome["features"] & AUTH_FEATURE, 0)
