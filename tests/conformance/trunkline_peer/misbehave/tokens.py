"""Tokens within a session that are too many or too long, or come too early."""

from __future__ import annotations

from ..extensions import Message
from ..renewal import AUTH_FEATURE
from ..session import Session, hello
from .greeting import at_once
from .reactions import MISBEHAVE, closes

_AUTH: Message = {"kind": "AUTH", "token": "let-me-in"}
_MANY = 2_000


def _open(url: str) -> Session:
    session = Session(url)
    session.connection.handlers["AUTHED"] = lambda _: None
    session.connection.send(hello(features=AUTH_FEATURE))
    return session


@MISBEHAVE.add("auth-over-and-over")
def _flood(url: str) -> None:
    with _open(url) as session:
        session.await_welcome()
        session.connection.send(*[_AUTH] * _MANY)
        closes(session.connection, 4429)


@MISBEHAVE.add("auth-too-long")
def _too_long(url: str) -> None:
    with _open(url) as session:
        session.await_welcome()
        session.connection.send({**_AUTH, "token": "x" * 4_097})
        closes(session.connection, 4400)


@MISBEHAVE.add("auth-right-behind-hello")
def _early(url: str) -> None:
    session = Session(url)
    at_once(session, hello(features=AUTH_FEATURE), [_AUTH])
    closes(session.connection, 4400)
