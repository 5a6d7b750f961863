"""Answers to calls of the server that are wrong, late or for nothing."""

from __future__ import annotations

from typing import Any, Callable, List

from ..checks import same
from ..extensions import Message
from ..payload import encode_payload
from ..served import CALLS_FEATURE
from ..session import Session, hello
from .reactions import MISBEHAVE, closes, kinds, lives, message

_NONE = {"encoding": 0, "bytes": b""}


def _ask(url: str) -> Session:
    """Opens a session in which the server has called `probe.confirm`, and waits."""
    session = Session(url)
    came: List[Message] = []
    session.connection.handlers.update({"BIND": came.append, "CALL": came.append})
    session.connection.send(hello(features=CALLS_FEATURE))
    session.await_welcome()
    session.calls.start("probe.ask", {"text": "sure?"})
    session.connection.until(lambda: len(came) == 2, "a call of the server")
    same("its id", came[1]["id"], 1)
    return session


def _result(id: int, value: Any) -> Message:
    encoding, data = encode_payload(value)
    return {"kind": "RESULT", "id": id, "encoding": encoding, "bytes": data}


def _error(id: int, code: str) -> Message:
    fields = {"id": id, "executed": "no", "code": code, "message": ""}
    return {"kind": "ERROR", **fields, **_NONE}


def _told(session: Session) -> Message:
    """Gives what the server makes of the answer: the end of `probe.ask`."""
    log = session.connection.log
    ends = ("RESULT", "ERROR")
    session.connection.until(lambda: log[-1]["kind"] in ends, "the end of the call")
    return log[-1]


def _refused(name: str, why: str, *answers: Message) -> None:
    """Adds a check: these answers fail the call of the server."""

    def check(url: str) -> None:
        with _ask(url) as session:
            session.connection.send(*answers)
            told = _told(session)
            same("the answer", (told["kind"], told.get("code")), ("ERROR", "REFUSED"))
            assert why.encode() in told["bytes"], f"{why} is not in {told['bytes']!r}"
            lives(session)

    MISBEHAVE.add(f"answer-{name}")(check)


_refused("that-does-not-fit", "INTERNAL", _result(1, {"agreed": "yes"}))
_refused("of-malformed-superjson", "INTERNAL", {**_result(1, 1), "bytes": b"\x02{]\x00"})
_refused("of-no-payload", "INTERNAL", {"kind": "RESULT", "id": 1, **_NONE})
_refused("with-an-error-that-nobody-knows", "MOON", _error(1, "MOON"))
_refused("twice", "DENIED", _error(1, "DENIED"), _result(1, {"agreed": True}))


def _agreed(name: str, *answers: Message) -> None:
    """Adds a check: these answers change nothing of that which is right among them."""

    def check(url: str) -> None:
        with _ask(url) as session:
            session.connection.send(*answers)
            same("the answer", _told(session)["kind"], "RESULT")
            lives(session)

    MISBEHAVE.add(f"answer-{name}")(check)


_YES = _result(1, {"agreed": True})
_agreed("of-a-call-that-was-not-made", _result(3, {"agreed": False}), _YES)
_agreed("error-of-a-call-that-was-not-made", _error(99, "DENIED"), _YES)
_agreed("of-an-id-of-its-own", _result(8, {"agreed": False}), _YES)


def _closing(name: str, act: Callable[[Session], None]) -> None:
    """Adds a check: this closes, while a call of the server waits."""

    def check(url: str) -> None:
        with _ask(url) as session:
            act(session)
            closes(session.connection, 4400)

    MISBEHAVE.add(f"answer-{name}")(check)
    MISBEHAVE.fixed[f"answer-{name}"] = "4400"


_closing("of-unknown-flags", lambda s: s.connection.send_body(message(0x52, b"\x01\x08"), 1))
_closing("cut-short", lambda s: s.connection.send_body(message(0x52, b"\x01"), 1))
_closing("with-a-code-of-small-letters", lambda s: s.connection.send(_error(1, "denied")))


@MISBEHAVE.add("answer-after-the-server-has-withdrawn")
def _late(url: str) -> None:
    with _ask(url) as session:
        session.connection.send({"kind": "CANCEL", "id": 0, "reason": "withdrawn"})
        cancels = session.connection.log
        session.connection.until(lambda: "CANCEL" in kinds(session), "a CANCEL of the server")
        same("its id", next(m for m in cancels if m["kind"] == "CANCEL")["id"], 1)
        session.connection.send(_YES)
        lives(session)
