"""Packed values: agreed by hashes, and superjson where the layouts are others."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, List

from ..checks import room, same
from ..packing import Layouts, probe_layouts
from ..payload import NONE, PACKED, SUPERJSON
from ..session import Session
from ..values import UNDEFINED, BigInt, Date, MapOf, SetOf
from .registry import LIVE, expect_error
from .streaming import all_items
from .subscribing import NOTES, say


def open_packed(url: str, layouts: Layouts) -> Session:
    """Connects with layouts, and fails unless the server takes packed payloads."""
    session = Session.open(url, layouts=layouts)
    same("the subprotocol", session.connection.ws.protocol, "trunkline.v1.packed")
    return session


def encodings(session: Session, kind: str) -> List[int]:
    """Lists the encodings of the messages of a kind that have come."""
    return [came["encoding"] for came in session.connection.log if came["kind"] == kind]


def other(name: str, direction: str) -> Layouts:
    """Gives the layouts of the contract, of which one direction of a member is another."""
    layouts = deepcopy(probe_layouts())
    part = next(part for part in layouts[name][direction] if part is not None)
    part["root"]["rest"] = "carry"
    return layouts


@LIVE.add("calls in packed")
def _call(url: str) -> None:
    with open_packed(url, probe_layouts()) as session:
        for text in ("hällo", "😀", "", "x" * 100_000):
            same("the output", session.call("probe.echo", {"text": text}), {"text": text})
        same("the encodings", encodings(session, "RESULT"), [PACKED] * 4)


@LIVE.add("carries each kind of value in packed")
def _kinds(url: str) -> None:
    value = {
        **{"at": Date.parse("2026-01-02T03:04:05.678Z"), "big": BigInt(-(2**80))},
        **{"bytes": b"\x00\x01\xfe\xff", "tags": SetOf(["a", "ü", ""])},
        **{"counts": MapOf([("one", 1), ("min.us", -(2**40))]), "nothing": UNDEFINED},
    }
    with open_packed(url, probe_layouts()) as session:
        same("the output", session.call("probe.kinds", value), value)
        same("the encodings", encodings(session, "RESULT"), [PACKED])


@LIVE.add("gets the data of a declared error in packed, and of another one not")
def _errors(url: str) -> None:
    with open_packed(url, probe_layouts()) as session:
        error = expect_error(lambda: session.call("probe.fail", {"why": "no"}), "REFUSED", "yes")
        same("the data", error.data, {"why": "no"})
        text = {"text": "x" * 100_001}
        error = expect_error(lambda: session.call("probe.echo", text), "INVALID_INPUT", "no")
        same("the path", error.data["issues"][0]["path"], ["text"])
        expect_error(lambda: session.call("probe.crash"), "INTERNAL", "yes")
        same("the encodings", encodings(session, "ERROR"), [PACKED, SUPERJSON, NONE])


@LIVE.add("streams in packed")
def _streams(url: str) -> None:
    with open_packed(url, probe_layouts()) as session:
        down = session.stream("probe.count", {"to": 200})
        same("the items", all_items(down), list(range(200)))
        same("the encodings of items", set(encodings(session, "ITEM")), {PACKED})
        up = session.stream("probe.sum")
        for number in range(1, 101):
            up.push(number)
        up.end()
        same("the output", up.result(), {"items": 100, "sum": 5050})
        same("the encodings of END", encodings(session, "END"), [NONE, PACKED])
        both = session.stream("probe.double")
        for number in (-1, 64, 2**40):
            both.push(number)
            same("an item", both.next_item(), number * 2)
        both.end()
        same("the rest", all_items(both), [])


@LIVE.add("publishes in packed, and subscribes with the hash of its layout")
def _topics(url: str) -> None:
    where = room()
    say(url, where, "kept")
    with open_packed(url, probe_layouts()) as session:
        notes = session.subscribe(NOTES, {"room": where}, last=1)
        same("the state", notes.next()[:2], ("state", "fresh"))
        same("the kept one", notes.next().value, {"text": "kept"})
        place = session.publish(NOTES, {"room": where}, {"text": "ü"})
        event = notes.next()
        same("the message", (event.value, event.offset), ({"text": "ü"}, place["offset"]))
        say(url, where, "more")
        same("another", notes.next().value, {"text": "more"})


@LIVE.add("sends a call again as superjson when the server has other layouts")
def _fallback(url: str) -> None:
    with open_packed(url, other("probe.echo", "send")) as session:
        for text in ("a", "b"):
            same("the output", session.call("probe.echo", {"text": text}), {"text": text})
        came = session.connection.log[1:]
        log = [(message["kind"], message.get("code")) for message in came]
        same("what came", log, [("ERROR", "LAYOUT"), ("RESULT", None), ("RESULT", None)])
        same("executed", came[0]["executed"], "no")
        same("the encodings", encodings(session, "RESULT"), [PACKED] * 2)


@LIVE.add("publishes again as superjson when the server has another layout")
def _publish_fallback(url: str) -> None:
    where = {"room": room()}
    with open_packed(url, other(NOTES, "publish")) as session:
        publish: Any = lambda: session.publish(NOTES, where, {"text": "a"})
        expect_error(publish, "LAYOUT", "no")
        session.calls.unpacked.add(NOTES)
        same("the offset", publish()["offset"], 1)


@LIVE.add("gets results as superjson when the server has other layouts of them")
def _results(url: str) -> None:
    with open_packed(url, other("probe.echo", "receive")) as session:
        same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        same("the encodings", encodings(session, "RESULT"), [SUPERJSON])


@LIVE.add("gets topic messages as superjson when the server has another layout of them")
def _messages(url: str) -> None:
    where = room()
    with open_packed(url, other(NOTES, "message")) as session:
        notes = session.subscribe(NOTES, {"room": where})
        notes.next()
        say(url, where, "a")
        same("the message", notes.next().value, {"text": "a"})
        same("the encodings", encodings(session, "MESSAGE"), [SUPERJSON])


@LIVE.add("speaks superjson under trunkline.v1.packed when it has no layouts")
def _bare(url: str) -> None:
    with open_packed(url, {}) as session:
        same("the output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
        same("the encodings", encodings(session, "RESULT"), [SUPERJSON])
