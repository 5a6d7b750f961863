"""What a server may do about misbehaviour: close, answer with an error, or go on."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from ..call import CallError
from ..checks import Checks, same
from ..connection import Connection
from ..session import Session
from ..websocket import Closed
from ..wire import blob, fixed

MISBEHAVE = Checks()
_WAIT = 5.0

Act = Callable[[Session], None]


def closes(connection: Connection, code: int, timeout: float = _WAIT) -> Closed:
    """Fails unless the server closes with this code; 4429 and 4503 name milliseconds."""
    deadline = time.monotonic() + timeout
    try:
        while connection.pump(deadline):
            pass
    except Closed as closed:
        same("the close code", closed.code, code)
        fits = closed.reason.isascii() and len(closed.reason) <= 123
        is_named = code not in (4429, 4503) or closed.reason.isdigit()
        assert fits and is_named, f"the reason is {closed.reason!r}"
        return closed
    raise AssertionError(f"it did not close with {code}")


def lives(session: Session) -> None:
    """Fails unless a call still gets its result."""
    same("a call afterwards", session.call("probe.echo", {"text": "after"}), {"text": "after"})


def refuses(act: Callable[[], Any], code: str, executed: str = "no") -> CallError:
    """Fails unless a call is answered with this error."""
    try:
        value = act()
    except CallError as error:
        same("the error", (error.code, error.executed), (code, executed))
        return error
    raise AssertionError(f"gave {value!r}, not {code}")


def closing(name: str, code: int = 4400) -> Callable[[Act], Act]:
    """Adds a misbehaviour in a session that is to be closed with this code."""

    def put(act: Act) -> Act:
        def check(url: str) -> None:
            with Session.open(url) as session:
                act(session)
                closes(session.connection, code)

        MISBEHAVE.add(name)(check)
        return act

    return put


def ignored(name: str) -> Callable[[Act], Act]:
    """Adds something in a session that changes nothing: a call afterwards gets its result."""

    def put(act: Act) -> Act:
        def check(url: str) -> None:
            with Session.open(url) as session:
                act(session)
                lives(session)

        MISBEHAVE.add(name)(check)
        return act

    return put


def message(kind: int, body: bytes = b"", size: Optional[bytes] = None) -> bytes:
    """Makes a message of any kind and body, and of a wrong size if one is given."""
    return fixed(kind, 1) + (blob(body) if size is None else size + body)


def kinds(session: Session) -> list:
    """Lists the kinds of messages that have come."""
    return [came["kind"] for came in session.connection.log]
