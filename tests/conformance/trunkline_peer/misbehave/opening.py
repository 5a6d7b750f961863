"""Misbehaviour in the upgrade, in HELLO and around it."""

from __future__ import annotations

from typing import List

from ..checks import room, same
from ..connection import Connection
from ..messages import encode_batch, encode_message
from ..payload import encode_payload
from ..session import Session, hello
from ..websocket import UpgradeRefused, frame
from .reactions import MISBEHAVE, closes, closing, kinds, lives, message

_V1 = "trunkline.v1.superjson"
PING = {"kind": "PING", "value": 7}


def _refused_upgrade(url: str, protocols: List[str]) -> None:
    try:
        Connection(url, protocols)
    except UpgradeRefused as refused:
        same("the status", refused.status, 400)
        return
    raise AssertionError("the upgrade was not refused")


def _bind(name: str, kind: str, number: int = 0) -> dict:
    fields = {"procedure": number, "procedureKind": kind, "name": name}
    return {"kind": "BIND", **fields, "sendHash": 0, "receiveHash": 0}


def _call(**more: object) -> dict:
    encoding, data = encode_payload({"text": "early"})
    fields = {"id": 0, "procedure": 0, "encoding": encoding, "bytes": data}
    return {"kind": "CALL", **fields, **more}


def _at_once(session: Session, *messages: dict) -> None:
    """Sends HELLO and then messages, a batch for each, before anything can be answered."""
    bodies = [(encode_message(hello()), 0)]
    bodies += [(encode_message(m), int(m["kind"] in ("BIND", "CALL"))) for m in messages]
    out = b""
    for body, sequenced in bodies:
        session.connection.tx += sequenced
        out += frame(encode_batch(body, session.connection.tx if sequenced else None))
    session.connection.ws.write(out)


@MISBEHAVE.add("subprotocol-not-spoken")
def _not_spoken(url: str) -> None:
    _refused_upgrade(url, ["graphql-ws"])


@MISBEHAVE.add("subprotocol-missing")
def _missing(url: str) -> None:
    _refused_upgrade(url, [])


@MISBEHAVE.add("subprotocols-more-than-8")
def _nine(url: str) -> None:
    _refused_upgrade(url, [_V1, *(f"other{n}" for n in range(8))])


@MISBEHAVE.add("subprotocols-of-257-bytes")
def _long_names(url: str) -> None:
    _refused_upgrade(url, [_V1, "x" * (257 - len(_V1))])


@MISBEHAVE.add("subprotocol-bare-trunkline")
def _bare(url: str) -> None:
    connection = Connection(url, ["trunkline"])
    same("the subprotocol", connection.ws.protocol, "trunkline")
    closed = closes(connection, 4406)
    assert _V1 in closed.reason.split(" "), f"the reason is {closed.reason!r}"


@MISBEHAVE.add("no-hello")
def _late(url: str) -> None:
    closes(Connection(url), 4408, 8.0)


@MISBEHAVE.add("call-before-hello")
def _before_hello(url: str) -> None:
    session = Session(url)
    session.calls.start("probe.echo", {"text": "early"})
    closes(session.connection, 4400)


@MISBEHAVE.add("ping-before-hello")
def _ping_first(url: str) -> None:
    connection = Connection(url)
    connection.send(PING)
    closes(connection, 4400)


@closing("second-hello")
def _second_hello(session: Session) -> None:
    session.connection.send(hello())


@MISBEHAVE.add("hello-not-alone")
def _not_alone(url: str) -> None:
    connection = Connection(url)
    connection.send(hello(), PING)
    closes(connection, 4400)


@MISBEHAVE.add("hello-above-8-kib")
def _big_hello(url: str) -> None:
    connection = Connection(url)
    ext = bytes([0xF0]) + b"\xc0\x3e" + bytes(8000)
    big = encode_message({**hello("t" * 200)})[2:]
    connection.send_body(message(0x01, big[1:] + b"\xc3\x3e" + ext), 0)
    closes(connection, 1009)


@MISBEHAVE.add("call-before-welcome")
def _before_welcome(url: str) -> None:
    session = Session(url)
    _at_once(session, _bind("probe.echo", "call"), _call())
    closes(session.connection, 4400)


@MISBEHAVE.add("call-with-key-before-welcome")
def _with_key(url: str) -> None:
    with Session(url) as session:
        _at_once(session, _bind("probe.echo", "call"), _call(idempotencyKey=b"key"))
        session.connection.until(lambda: "ERROR" in kinds(session), "ERROR")
        same("the order", kinds(session), ["WELCOME", "ERROR"])
        same("the code", session.connection.log[-1]["code"], "UNAVAILABLE")


@MISBEHAVE.add("unsubscribe-before-welcome")
def _unsubscribe_early(url: str) -> None:
    session = Session(url)
    _at_once(session, {"kind": "UNSUBSCRIBE", "sub": 0})
    closes(session.connection, 4400)


@MISBEHAVE.add("too-much-before-welcome")
def _too_much(url: str) -> None:
    session = Session(url)
    _at_once(session, *([PING] * 200))
    closes(session.connection, 4400)


@MISBEHAVE.add("subscribe-before-welcome-is-fine")
def _subscribe_early(url: str) -> None:
    with Session(url) as session:
        encoding, data = encode_payload({"room": room()})
        params = {"encoding": encoding, "bytes": data}
        fields = {"sub": 0, "name": "probe.notes", "params": params, "payloadHash": 0}
        _at_once(session, {"kind": "SUBSCRIBE", **fields}, PING)
        log = session.connection.log
        session.connection.until(lambda: len(log) == 3, "three messages")
        same("the first", log[0]["kind"], "WELCOME")
        same("the others", {came["kind"] for came in log[1:]}, {"SUBSCRIBED", "PONG"})


@MISBEHAVE.add("resume")
def _resume(url: str) -> None:
    with Session(url) as session:
        gone: List[dict] = []
        session.connection.handlers["GONE"] = gone.append
        fields = {"session": "nobody", "attach": 2, "secret": bytes(32), "rx": 0, "first": 1}
        session.connection.send({**hello(features=1), "kind": "RESUME", **fields})
        session.connection.until(lambda: bool(gone), "GONE")
        same("the reason", gone[0]["reason"], "unknown")
        session.connection.send(hello(features=1))
        session.await_welcome()
        lives(session)


@MISBEHAVE.add("token-refused")
def _token(url: str) -> None:
    connection = Connection(url)
    connection.send(hello("wrong"))
    closes(connection, 4401)


@closing("auth-though-the-server-cannot")
def _auth(session: Session) -> None:
    assert session.welcome is not None
    same("AUTH among the features", session.welcome["features"] & 4, 0)
    session.connection.send({"kind": "AUTH", "token": "let-me-stay"})


@closing("welcome-from-a-client")
def _wrong_direction(session: Session) -> None:
    assert session.welcome is not None
    session.connection.send(session.welcome)
