"""Packed payloads that break a rule, or that nobody has agreed on."""

from __future__ import annotations

from copy import deepcopy
from typing import Callable, Dict

from ..checks import same
from ..packing import probe_layouts
from ..session import Session
from ..wire import blob, varint
from .reactions import MISBEHAVE, closes, kinds, lives, message, refuses

_CALL, _ITEM, _SUBSCRIBE = 0x51, 0x55, 0x21
_PACKED = 1


def call_message(procedure: int, payload: bytes, id: int = 0) -> bytes:
    """Makes a CALL of a packed payload."""
    return message(_CALL, bytes([id, procedure, _PACKED]) + payload)


def item_message(payload: bytes, id: int = 0) -> bytes:
    """Makes an ITEM of a packed payload."""
    return message(_ITEM, bytes([id, _PACKED]) + payload)


def _answered(
    name: str, layouts: Dict, payload: bytes, code: str, what: str = "probe.echo"
) -> None:
    """Adds a check: a CALL with this packed payload gets an error, and the connection lives."""

    def check(url: str) -> None:
        with Session.open(url, layouts=layouts) as session:
            kind = "publish" if what == "probe.notes" else "call"
            procedure = session.calls.bind(what, kind)
            session.connection.send_body(call_message(procedure, payload), 1)
            log = session.connection.log
            session.connection.until(lambda: "ERROR" in kinds(session), "an answer")
            same("the answer", (log[-1]["code"], log[-1]["executed"]), (code, "no"))
            lives(session)

    MISBEHAVE.add(f"packed-{name}")(check)


_RIGHT = probe_layouts()
_A = b"\x01a\x01"
_answered("for-a-procedure-that-is-bound-without-hashes", {}, _A, "LAYOUT")
_answered("for-a-publish-that-is-bound-without-hashes", {}, _A, "LAYOUT", "probe.notes")
_answered("for-a-procedure-without-input", _RIGHT, b"\x00\x00", "INVALID_INPUT", "probe.crash")

_OTHER = deepcopy(_RIGHT)
_OTHER["probe.echo"]["send"][0]["root"]["rest"] = "carry"
_answered("with-another-hash", _OTHER, _A + b"\x00", "LAYOUT")



@MISBEHAVE.add("packed-stream-with-another-hash")
def _stream(url: str) -> None:
    layouts = deepcopy(_RIGHT)
    layouts["probe.sum"]["send"][1]["root"] = {"kind": "string"}
    with Session.open(url, layouts=layouts) as session:
        stream = session.stream("probe.sum")
        session.connection.send_body(item_message(_A, stream.id), 1)
        refuses(stream.result, "LAYOUT")
        lives(session)


_FAULTS = {
    **{"of-no-bytes": b"", "with-a-byte-behind": _A + b"\x00", "cut": b"\x01a"},
    **{"run-beyond-the-bytes": b"\x7fa\x01", "run-of-2-to-53": b"\xff" * 7 + b"\x0f\x01"},
    **{"text-beyond-the-run": b"\x01a\x02", "text-left-over": b"\x02ab\x01"},
    **{"bad-utf8": b"\x01\xff\x01", "cut-pair": b"\x04\xf0\x9f\x98\x80\x01"},
    **{"longer-form": b"\x01a\x81\x00", "bad-varint": b"\xff" * 12},
}
for _name, _payload in _FAULTS.items():
    _answered(_name, _RIGHT, _payload, "INVALID_INPUT")

_KINDS = b"\x00\x00\x00\x00"
_MANY = varint(2**32 - 1)
_answered("set-of-four-billion", _RIGHT, _KINDS + _MANY, "INVALID_INPUT", "probe.kinds")
_answered("map-of-four-billion", _RIGHT, _KINDS + b"\x00" + _MANY, "INVALID_INPUT", "probe.kinds")
_answered("undefined-of-1", _RIGHT, _KINDS + b"\x00\x00\x01", "INVALID_INPUT", "probe.kinds")
_answered("date-of-a-double", _RIGHT, b"\x00\x40" + bytes(8), "INVALID_INPUT", "probe.kinds")
_answered("publish-of-no-bytes", _RIGHT, b"", "INVALID_INPUT", "probe.notes")
_answered("publish-cut", _RIGHT, b"\x01a\x01", "INVALID_INPUT", "probe.notes")


@MISBEHAVE.add("packed-right-for-comparison")
def _right(url: str) -> None:
    with Session.open(url, layouts=_RIGHT) as session:
        procedure = session.calls.bind("probe.echo", "call")
        session.connection.send_body(call_message(procedure, _A), 1)
        session.connection.until(lambda: "RESULT" in kinds(session), "a result")
        same("the payload", session.connection.log[-1]["bytes"], _A)


def _item(name: str, layouts: Dict, payload: bytes) -> None:
    """Adds a check: an ITEM with this packed payload ends its stream with INVALID_INPUT."""

    def check(url: str) -> None:
        with Session.open(url, layouts=layouts) as session:
            stream = session.stream("probe.sum")
            session.connection.send_body(item_message(payload, stream.id), 1)
            refuses(stream.result, "INVALID_INPUT", "yes")
            lives(session)

    MISBEHAVE.add(f"packed-item-{name}")(check)


_item("without-hashes", {}, b"\x00\x05")
_item("of-no-bytes", _RIGHT, b"")
_item("with-a-byte-behind", _RIGHT, b"\x00\x05\x00")
_item("of-a-double", _RIGHT, b"\x00\x40" + bytes(6) + b"\x14\x40")
_item("beyond-2-to-53", _RIGHT, b"\x00\x80" + b"\x80" * 7 + b"\x20")


def _closing(name: str, send: Callable[[Session], None], layouts: Dict) -> None:
    def check(url: str) -> None:
        with Session.open(url, layouts=layouts or None) as session:
            send(session)
            closes(session.connection, 4400)

    MISBEHAVE.add(f"packed-{name}")(check)


def _send_call(session: Session) -> None:
    procedure = session.calls.bind("probe.echo", "call")
    session.connection.send_body(call_message(procedure, _A), 1)


def _send_item(session: Session) -> None:
    stream = session.stream("probe.sum")
    session.connection.send_body(item_message(b"\x00\x05", stream.id), 1)


def _send_params(session: Session) -> None:
    body = b"\x00" + blob(b"probe.notes") + b"\x01" + blob(b"\x01a\x01") + bytes(8)
    session.connection.send_body(message(_SUBSCRIBE, body), 0)


_closing("call-under-superjson", _send_call, {})
_closing("item-under-superjson", _send_item, {})
_closing("params-under-superjson", _send_params, {})
_closing("params", _send_params, _RIGHT)
