"""What a server may do about misbehaviour: close, answer with an error, or go on."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional

from ..call import CallError
from ..checks import Bystander, Checks, room, same
from ..connection import Connection
from ..session import Session
from ..websocket import Closed
from ..wire import blob, fixed
from .rules import faults, read_rules

_NOTES = "probe.notes"
_WAIT = 5.0
NOTHING = "nothing"

Act = Callable[[Session], None]


class _Other(Bystander):
    """Another client, which calls and hears a topic while somebody misbehaves."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._room = {"room": room()}
        self._session = Session.open(url, "bystander")
        self._notes = self._session.subscribe(_NOTES, self._room)
        same("the state of the bystander", self._notes.next()[:2], ("state", "fresh"))
        self._settle()

    def look(self) -> None:
        """Fails unless its publish comes back to it."""
        note = {"text": room()}
        self._session.publish(_NOTES, self._room, note)
        same("what the bystander hears", self._notes.next().value, note)
        self._settle()

    def _settle(self) -> None:
        """Leaves nothing outstanding, since it takes nothing until it looks again."""
        connection = self._session.connection
        connection.send({"kind": "VOID"}, now=True)
        connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")

    def leave(self) -> None:
        """Closes its connection."""
        self._session.connection.close()


class Misbehaviours(Checks):
    """Ways to break the protocol, by their names, with the reaction where one is fixed."""

    def __init__(self) -> None:
        super().__init__(_Other)
        self.fixed: Dict[str, str] = {}
        self._rules = read_rules()

    def explain(self, name: str) -> str:
        """Gives the rule that says what is to come of it."""
        rule = next((rule for rule in self._rules if rule.is_of(name)), None)
        return "" if rule is None else f"{rule.reaction}, by {rule.section}: {rule.sentence}"

    def faults(self, document: str) -> List[str]:
        """Says where the rules do not fit the text of PROTOCOL.md, or the misbehaviours."""
        reactions = {name: self.fixed.get(name, "") for name in self.by_name}
        return list(faults(self._rules, document, reactions))


MISBEHAVE = Misbehaviours()


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
        MISBEHAVE.fixed[name] = str(code)
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
        MISBEHAVE.fixed[name] = NOTHING
        return act

    return put


def message(kind: int, body: bytes = b"", size: Optional[bytes] = None) -> bytes:
    """Makes a message of any kind and body, and of a wrong size if one is given."""
    return fixed(kind, 1) + (blob(body) if size is None else size + body)


def kinds(session: Session) -> list:
    """Lists the kinds of messages that have come."""
    return [came["kind"] for came in session.connection.log]
