"""Misbehaviour with RESUME of a session that there is, and behind RESUMED."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional

from ..checks import same
from ..connection import PACKED_V1, SUPERJSON_V1, Connection
from ..extensions import Message
from ..frames import CLOSE, frame
from ..messages import encode_batch, encode_message
from ..payload import encode_payload
from ..resumption import RESUME_FEATURE
from ..session import TOKEN, Session, hello
from .greeting import at_once
from .reactions import MISBEHAVE, closes

_PING = {"kind": "PING", "value": 7}


class _Left(NamedTuple):
    """A session without a connection: how it is resumed, and what the server has of it."""

    resume: Message
    tx: int


def _leave(url: str, features: int = RESUME_FEATURE, token: str = TOKEN) -> _Left:
    """Opens a session, makes a call in it, and cuts the connection."""
    session = Session.open(url, token, features)
    connection = session.connection
    same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
    connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")
    connection.send({"kind": "VOID"}, now=True)
    connection.until(lambda: connection.acked == connection.tx, "an acknowledgement")
    assert session.welcome is not None
    own = {"session": session.welcome["session"], "secret": session.welcome["secret"]}
    place = {"attach": 2, "rx": connection.rx, "first": connection.tx + 1}
    connection.ws.cut()
    return _Left({**hello(token, features), "kind": "RESUME", **own, **place}, connection.tx)


def _ask(url: str, left: _Left, protocols: Optional[List[str]] = None, **more: Any) -> Connection:
    """Sends RESUME on a new connection."""
    connection = Connection(url, protocols)
    connection.handlers.update({"GONE": lambda _: None, "RESUMED": lambda _: None})
    connection.write_first({**left.resume, **more})
    return connection


def _answer(connection: Connection) -> Message:
    connection.until(lambda: bool(connection.log), "an answer to RESUME")
    return connection.log[0]


def _lives(url: str, left: _Left, attach: int = 9) -> Connection:
    """Fails unless the session can still be resumed, and answers a call."""
    connection = _ask(url, left, attach=attach)
    answer = _answer(connection)
    same("the answer", (answer["kind"], answer.get("rx")), ("RESUMED", left.tx))
    connection.greeted = True
    results: List[Message] = []
    connection.handlers["RESULT"] = results.append
    connection.tx = connection.acked = left.tx
    connection.rx = left.resume["rx"]
    encoding, data = encode_payload({"text": "after"})
    fields = {"id": 0, "procedure": 0, "encoding": encoding, "bytes": data}
    connection.send({"kind": "CALL", **fields})
    connection.until(lambda: bool(results), "RESULT")
    return connection


def _gone(name: str, reason: str, change: Callable[[_Left], Message]) -> None:
    """Adds a check: the session ends for this reason, and is remembered with it."""

    def check(url: str) -> None:
        left = _leave(url)
        for attach in (2, 3):
            more = {**change(left), "attach": attach} if attach == 2 else {"attach": attach}
            answer = _answer(_ask(url, left, **more))
            same("the answer", (answer["kind"], answer["reason"]), ("GONE", reason))
            same("its rx", answer.get("rx"), left.tx)

    MISBEHAVE.add(name)(check)


_gone("resume-with-an-rx-above", "overflow", lambda left: {"rx": left.resume["rx"] + 1})
_gone("resume-with-an-rx-below", "overflow", lambda _: {"rx": 0})
_gone("resume-with-a-first-above", "overflow", lambda left: {"first": left.tx + 2})
_gone("resume-of-somebody-else", "principal", lambda _: {"token": "somebody-else"})


@MISBEHAVE.add("resume-with-a-first-below-is-fine")
def _first(url: str) -> None:
    left = _leave(url)
    same("the answer", _answer(_ask(url, left, first=0))["kind"], "RESUMED")
    _lives(url, left).close()


@MISBEHAVE.add("resume-under-another-subprotocol")
def _codec(url: str) -> None:
    left = _leave(url)
    answer = _answer(_ask(url, left, [PACKED_V1]))
    same("the answer", (answer["kind"], answer["reason"], answer["rx"]), ("GONE", "codec", left.tx))
    again = _answer(_ask(url, left, [SUPERJSON_V1], attach=3))
    same("the answer then", (again["kind"], again["reason"]), ("GONE", "codec"))


@MISBEHAVE.add("resume-with-a-wrong-secret")
def _secret(url: str) -> None:
    left = _leave(url)
    secret = left.resume["secret"]
    for wrong in (bytes(32), b"", secret[:-1] + bytes([secret[-1] ^ 1])):
        answer = _answer(_ask(url, left, secret=wrong))
        same("the answer", (answer["reason"], "rx" in answer), ("unknown", False))
    _lives(url, left).close()


@MISBEHAVE.add("resume-of-a-session-that-is-not-kept")
def _not_kept(url: str) -> None:
    with Session.open(url) as session:
        assert session.welcome is not None
        same("the secret", session.welcome["secret"], b"")
        same("ttlMs", session.welcome["ttlMs"], 0)
        fields = {"session": session.welcome["session"], "attach": 2, "secret": bytes(32)}
        resume = {**hello(), "kind": "RESUME", **fields, "rx": 0, "first": 1}
        same("the answer", _answer(_ask(url, _Left(resume, 0)))["reason"], "unknown")


@MISBEHAVE.add("resume-after-the-client-has-left")
def _after_done(url: str) -> None:
    session = Session.open(url, features=RESUME_FEATURE)
    assert session.welcome is not None
    own = {"session": session.welcome["session"], "secret": session.welcome["secret"]}
    session.connection.close()
    resume = {**hello(), "kind": "RESUME", **own, "attach": 2, "rx": 0, "first": 1}
    same("the answer", _answer(_ask(url, _Left(resume, 0)))["kind"], "GONE")


@MISBEHAVE.add("resume-after-a-close-without-a-code")
def _no_code(url: str) -> None:
    session = Session.open(url, features=RESUME_FEATURE)
    assert session.welcome is not None
    own = {"session": session.welcome["session"], "secret": session.welcome["secret"]}
    session.connection.ws.send(b"", CLOSE)
    resume = {**hello(), "kind": "RESUME", **own, "attach": 2, "rx": 0, "first": 1}
    same("the answer", _answer(_ask(url, _Left(resume, 0)))["kind"], "RESUMED")


@MISBEHAVE.add("resume-with-an-old-attach")
def _old(url: str) -> None:
    left = _leave(url)
    for attach in (0, 1):
        closes(_ask(url, left, attach=attach), 4409)
    _lives(url, left).close()


@MISBEHAVE.add("resume-twice-with-one-attach")
def _twice(url: str) -> None:
    left = _leave(url)
    first = _ask(url, left)
    same("the answer", _answer(first)["kind"], "RESUMED")
    closes(_ask(url, left), 4409)
    newer = _lives(url, left, 3)
    first.greeted = True
    closes(first, 4409)
    newer.close()


@MISBEHAVE.add("resume-with-a-refused-token")
def _token(url: str) -> None:
    left = _leave(url)
    closes(_ask(url, left, token="wrong"), 4401)
    _lives(url, left).close()


def _behind(name: str, batch: bytes) -> None:
    """Adds a check: this closes behind RESUME, and the session stays."""

    def check(url: str) -> None:
        left = _leave(url)
        session = Session(url)
        session.connection.handlers["RESUMED"] = lambda _: None
        at_once(session, left.resume, [], frame(batch))
        closes(session.connection, 4400)
        _lives(url, left).close()

    MISBEHAVE.add(name)(check)


_behind("ping-before-resumed", encode_batch(encode_message(_PING)))
_behind("void-before-resumed", encode_batch(encode_message({"kind": "VOID"}), 1))
_behind("hello-before-resumed", encode_batch(encode_message(hello())))
_behind("acknowledgement-before-resumed", encode_batch(b"", ack=1))


def _replays(name: str, code: Optional[int], step: int) -> None:
    """Adds a check: the first number behind RESUMED is so far from the right one."""

    def check(url: str) -> None:
        left = _leave(url)
        connection = _ask(url, left)
        same("the answer", _answer(connection)["kind"], "RESUMED")
        connection.greeted = True
        body = encode_message({"kind": "VOID"})
        connection.ws.send(encode_batch(body, left.tx + 1 + step, now=code is None))
        if code is not None:
            closes(connection, code)
            return
        connection.tx = left.tx
        connection.until(lambda: connection.acked == left.tx, "an acknowledgement")
        connection.close()

    MISBEHAVE.add(name)(check)


_replays("a-hole-behind-resumed", 4400, 1)
_replays("a-number-below-1-behind-resumed", 4400, -100)
_replays("a-duplicate-behind-resumed-is-skipped", None, -1)


@MISBEHAVE.add("an-acknowledgement-of-nothing-behind-resumed")
def _bad_ack(url: str) -> None:
    left = _leave(url)
    connection = _ask(url, left)
    same("the answer", _answer(connection)["kind"], "RESUMED")
    connection.greeted = True
    connection.ws.send(encode_batch(b"", ack=left.resume["rx"] + 1))
    closes(connection, 4400)


@MISBEHAVE.add("resume-in-a-session-that-was-resumed")
def _in_session(url: str) -> None:
    left = _leave(url)
    connection = _lives(url, left)
    connection.write_first({**left.resume, "attach": 10})
    closes(connection, 4400)
