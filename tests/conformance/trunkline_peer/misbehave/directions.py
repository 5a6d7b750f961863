"""Messages that only a server sends, and features that nobody offered, from a client."""

from __future__ import annotations

from typing import Dict

from ..checks import same
from ..extensions import Message
from ..session import Session, hello
from .reactions import MISBEHAVE, closes, closing, message

_TIMES = {"ttlMs": 0, "expiresInMs": 0, "idleMs": 15_000}
_NONE = {"encoding": 0, "bytes": b""}
_ERROR = {"executed": "no", "code": "DENIED", "message": ""}
_OF_A_SERVER: Dict[str, Message] = {
    "GONE": {"reason": "unknown"},
    "GOAWAY": {"reason": "stopping", "afterMs": 0, "windowMs": 0},
    "AUTHED": {"expiresInMs": 0},
    "SUBSCRIBED": {"sub": 0, "topic": 0, "state": "fresh", "epoch": 1, "offset": 0, "top": 0},
    "MESSAGE": {"topic": 0, "offset": 1, "skipped": 0, **_NONE},
    "GAP": {"sub": 0, "epoch": 1, "from": 1, "to": 1, "reason": "overflow"},
    "STALE": {"sub": 0, "reason": "checking"},
    "ENDED": {"sub": 0, "code": "DENIED", "message": ""},
    "RESULT": {"id": 0, **_NONE},
    "ERROR": {"id": 0, **_ERROR, **_NONE},
}


def _add(kind: str, fields: Message) -> None:
    closing(f"{kind.lower()}-from-a-client")(
        lambda session: session.connection.send({"kind": kind, **fields})
    )


for _kind, _fields in _OF_A_SERVER.items():
    _add(_kind, _fields)


@closing("welcome-from-a-client")
def _welcome(session: Session) -> None:
    assert session.welcome is not None
    session.connection.send(session.welcome)


@closing("resumed-from-a-client")
def _resumed(session: Session) -> None:
    assert session.welcome is not None
    fields = {"limits": session.welcome["limits"], "revisions": []}
    session.connection.send({"kind": "RESUMED", "features": 0, "rx": 0, **_TIMES, **fields})


@closing("result-of-a-live-call-from-a-client")
def _result_of_a_call(session: Session) -> None:
    id = session.calls.start("probe.wait").id
    session.connection.send({"kind": "RESULT", "id": id, **_NONE})


@closing("error-of-a-live-call-from-a-client")
def _error_of_a_call(session: Session) -> None:
    id = session.calls.start("probe.wait").id
    session.connection.send({"kind": "ERROR", "id": id, **_ERROR, **_NONE})


@MISBEHAVE.add("result-from-a-client-that-takes-calls")
def _with_calls(url: str) -> None:
    with Session(url) as session:
        session.connection.send(hello(features=0x10))
        session.await_welcome()
        session.connection.send({"kind": "RESULT", "id": 1, **_NONE})
        closes(session.connection, 4400)


@closing("second-hello")
def _second_hello(session: Session) -> None:
    session.connection.send(hello())


@closing("resume-in-a-session")
def _resume(session: Session) -> None:
    fields = {"session": "s", "attach": 2, "secret": bytes(32), "rx": 0, "first": 1}
    session.connection.send({**hello(features=1), "kind": "RESUME", **fields})


@closing("auth-though-the-server-cannot")
def _auth(session: Session) -> None:
    assert session.welcome is not None
    same("AUTH among the features", session.welcome["features"] & 4, 0)
    session.connection.send({"kind": "AUTH", "token": "let-me-stay"})


@closing("chunk-of-no-transfer")
def _chunk(session: Session) -> None:
    session.connection.send_body(message(0x57, b"\x00\x00hello"), 1)
