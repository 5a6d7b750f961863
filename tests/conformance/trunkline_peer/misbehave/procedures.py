"""Misbehaviour with procedures, calls, publishes and subscriptions."""

from __future__ import annotations

from ..checks import same
from ..payload import encode_payload
from ..session import Session
from ..values import UNDEFINED
from .reactions import MISBEHAVE, closing, ignored, kinds, lives, message, refuses

_ECHO = encode_payload({"text": "a"})


def bind(session: Session, number: int, name: str = "probe.echo", kind: str = "call") -> None:
    """Sends a BIND with any number."""
    fields = {"procedure": number, "procedureKind": kind, "name": name}
    session.connection.send({"kind": "BIND", **fields, "sendHash": 0, "receiveHash": 0})


def call(session: Session, id: int, procedure: int = 0, flags: int = 0, rest: bytes = b"") -> None:
    """Sends a CALL with any id, procedure, flags, and whatever follows them."""
    session.connection.send_body(message(0x51, bytes([id, procedure, flags]) + rest), 1)


@closing("bind-number-out-of-order")
def _bind_order(session: Session) -> None:
    bind(session, 1)


@closing("bind-number-twice")
def _bind_twice(session: Session) -> None:
    bind(session, 0)
    bind(session, 0)


def _bad_name(why: str, name: str) -> None:
    closing(f"bind-name-{why}")(lambda session: bind(session, 0, name))


_bad_name("of-no-bytes", "")
_bad_name("of-one-part", "probe")
_bad_name("of-9-parts", "a.b.c.d.e.f.g.h.i")
_bad_name("of-129-bytes", "probe." + "n" * 123)
_bad_name("with-a-large-letter-first", "Probe.echo")
_bad_name("with-a-digit-first", "probe.1echo")
_bad_name("with-an-underscore", "probe.echo_it")
_bad_name("with-an-empty-part", "probe..echo")
_bad_name("with-a-dot-behind", "probe.echo.")
_bad_name("with-a-line-behind", "probe.echo\n")


@MISBEHAVE.add("bind-name-of-128-bytes-is-fine")
def _long_name(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe." + "n" * 122).result, "NOT_FOUND")
        refuses(session.calls.start("a.b.c.d.e.f.g.h").result, "NOT_FOUND")
        lives(session)


@MISBEHAVE.add("bind-the-same-name-again-is-fine")
def _bind_again(url: str) -> None:
    with Session.open(url) as session:
        bind(session, 0)
        bind(session, 1)
        call(session, 0, 1, *_ECHO)
        session.connection.until(lambda: "RESULT" in kinds(session), "RESULT")


@closing("bind-kind-unknown")
def _bind_kind(session: Session) -> None:
    session.connection.send_body(message(0x50, b"\x00\x03\x0aprobe.echo" + bytes(16)), 1)


@MISBEHAVE.add("bind-kind-of-another")
def _bind_other(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe.count", {"to": 1}).result, "NOT_FOUND")
        refuses(session.calls.start("probe.echo", {"text": ""}, "publish").result, "NOT_FOUND")
        lives(session)


@closing("call-id-taken")
def _taken(session: Session) -> None:
    bind(session, 0, "probe.wait")
    call(session, 0)
    call(session, 0)


@closing("call-id-odd")
def _odd(session: Session) -> None:
    bind(session, 0)
    call(session, 1)


@closing("call-of-an-unbound-procedure")
def _unbound(session: Session) -> None:
    call(session, 0)


@ignored("call-id-not-the-smallest")
def _not_smallest(session: Session) -> None:
    session.calls.bind("probe.wait", "call")
    call(session, 100, 0)


@ignored("cancel-of-an-id-not-called-yet")
def _early_cancel(session: Session) -> None:
    session.connection.send({"kind": "CANCEL", "id": 0, "reason": "withdrawn"})


@MISBEHAVE.add("cancel-after-the-result")
def _late_cancel(url: str) -> None:
    with Session.open(url) as session:
        lives(session)
        session.connection.send({"kind": "CANCEL", "id": 0, "reason": "withdrawn"})
        lives(session)
        same("what came", kinds(session), ["WELCOME", "RESULT", "RESULT"])


@MISBEHAVE.add("cancel-twice")
def _cancel_twice(url: str) -> None:
    with Session.open(url) as session:
        waiting = session.calls.start("probe.wait")
        waiting.cancel()
        waiting.cancel()
        refuses(waiting.result, "CANCELLED", "unknown")
        lives(session)
        same("what came", kinds(session), ["WELCOME", "ERROR", "RESULT"])


@closing("cancel-reason-unknown")
def _cancel_reason(session: Session) -> None:
    session.connection.send_body(message(0x54, b"\x00\x04"), 1)


@MISBEHAVE.add("idempotency-key-that-is-not-kept")
def _key(url: str) -> None:
    with Session.open(url) as session:
        keyed = session.calls.start("probe.echo", {"text": "a"}, idempotencyKey=b"key")
        refuses(keyed.result, "UNAVAILABLE")
        lives(session)


@MISBEHAVE.add("encoding-none-where-an-input-is-wanted")
def _no_input(url: str) -> None:
    with Session.open(url) as session:
        refuses(lambda: session.call("probe.echo", UNDEFINED), "INVALID_INPUT")
        lives(session)


@MISBEHAVE.add("an-input-where-none-is-wanted")
def _input(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe.wait", {"text": "a"}).result, "INVALID_INPUT")
        lives(session)


@MISBEHAVE.add("bytes-where-an-object-is-wanted")
def _bytes(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe.echo", b"a").result, "INVALID_INPUT")
        lives(session)


@MISBEHAVE.add("text-longer-than-the-schema-allows")
def _long_text(url: str) -> None:
    with Session.open(url) as session:
        refuses(session.calls.start("probe.echo", {"text": "x" * 100_001}).result, "INVALID_INPUT")
        lives(session)


@MISBEHAVE.add("deadline-of-0")
def _deadline(url: str) -> None:
    with Session.open(url) as session:
        final = session.calls.start("probe.wait", deadlineMs=0).wait()
        same("the answer", (final["kind"], final["code"]), ("ERROR", "DEADLINE"))
        same("executed", final["executed"], "no")
        lives(session)


def _first_line(name: str, code: str, procedure: str, **more: object) -> None:
    """Adds a check: of two reasons to refuse a CALL, the one that stands first counts."""

    def check(url: str) -> None:
        with Session.open(url) as session:
            final = session.calls.start(procedure, {"text": 4}, **more).wait()
            same("the answer", (final["kind"], final["code"]), ("ERROR", code))
            same("executed", final["executed"], "no")
            lives(session)

    MISBEHAVE.add(f"call-{name}")(check)


_first_line("of-nothing-with-a-key", "NOT_FOUND", "probe.nowhere", idempotencyKey=b"k")
_BOTH = {"idempotencyKey": b"k", "deadlineMs": 0}
_first_line("with-a-key-and-a-deadline-of-0", "UNAVAILABLE", "probe.echo", **_BOTH)
_first_line("with-a-deadline-of-0-and-a-bad-input", "DEADLINE", "probe.echo", deadlineMs=0)
_first_line("denied-with-a-bad-input", "DENIED", "probe.denied")


def _cancelled(reason: str) -> None:
    def check(url: str) -> None:
        with Session.open(url) as session:
            waiting = session.calls.start("probe.wait")
            lives(session)
            waiting.cancel(reason)
            code = "DEADLINE" if reason == "deadline" else "CANCELLED"
            refuses(waiting.result, code, "unknown")
            lives(session)

    MISBEHAVE.add(f"cancel-of-a-call-{reason}")(check)


for _reason in ("deadline", "stopped", "failed"):
    _cancelled(_reason)
