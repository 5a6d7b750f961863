"""Misbehaviour with RESUME, to a server that knows no such session."""

from __future__ import annotations

from typing import Any, List

from ..checks import same
from ..connection import Connection
from ..extensions import Message
from ..messages import encode_batch, encode_message
from ..session import Session, hello
from ..wire import blob
from .greeting import at_once
from .reactions import MISBEHAVE, closes, kinds, lives, message

_PING = {"kind": "PING", "value": 7}


def _resume(**more: Any) -> Message:
    fields = {"session": "nobody", "attach": 2, "secret": bytes(32), "rx": 0, "first": 1}
    return {**hello(features=1), "kind": "RESUME", **fields, **more}


def _gone(url: str) -> Session:
    """Opens a connection on which RESUME has been answered with GONE."""
    session = Session(url)
    gone: List[Message] = []
    session.connection.handlers["GONE"] = gone.append
    session.connection.send(_resume())
    session.connection.until(lambda: bool(gone), "GONE")
    same("the reason", gone[0]["reason"], "unknown")
    return session


@MISBEHAVE.add("resume")
def _unknown(url: str) -> None:
    with _gone(url) as session:
        session.connection.send(hello(features=1))
        session.await_welcome()
        lives(session)


@MISBEHAVE.add("resume-without-a-secret")
def _no_secret(url: str) -> None:
    with Session(url) as session:
        session.connection.handlers["GONE"] = lambda _: None
        session.connection.send(_resume(secret=b""))
        session.connection.until(lambda: kinds(session) == ["GONE"], "GONE")


def _after_gone(name: str, code: int, *messages: Message) -> None:
    def check(url: str) -> None:
        session = _gone(url)
        for each in messages:
            session.connection.send(each)
        closes(session.connection, code, 8.0)

    MISBEHAVE.add(name)(check)


_after_gone("resume-again-after-gone", 4400, _resume(attach=3))
_after_gone("ping-after-gone", 4400, _PING)
_after_gone("void-after-gone", 4400, {"kind": "VOID"})
_after_gone("no-hello-after-gone", 4408)
_after_gone("wrong-token-after-gone", 4401, hello("wrong"))


def _first(name: str, batch: bytes, code: int = 4400) -> None:
    def check(url: str) -> None:
        connection = Connection(url)
        connection.ws.send(batch)
        closes(connection, code)

    MISBEHAVE.add(name)(check)


_BODY = encode_message(_resume())[2:]
_first("resume-and-ping", encode_batch(encode_message(_resume()) + encode_message(_PING)))
_first("resume-and-hello", encode_batch(encode_message(_resume()) + encode_message(hello())))
_first("resume-cut-short", encode_batch(message(0x03, _BODY[:-1])))
_first("resume-secret-of-31-bytes", encode_batch(encode_message(_resume(secret=bytes(31)))))
_first("resume-session-of-129-bytes", encode_batch(encode_message(_resume(session="s" * 129))))
_BIG = _BODY + blob(b"\xf0" + blob(bytes(8_192)))
_first("resume-above-8-kib", encode_batch(message(0x03, _BIG)), 1009)


def _behind(name: str, *messages: Message) -> None:
    """Adds a check: nothing may follow RESUME before its answer."""

    def check(url: str) -> None:
        session = Session(url)
        session.connection.handlers["GONE"] = lambda _: None
        at_once(session, _resume(), list(messages))
        closes(session.connection, 4400)

    MISBEHAVE.add(name)(check)


_behind("ping-before-gone", _PING)
_behind("resume-before-gone", _resume(attach=3))
