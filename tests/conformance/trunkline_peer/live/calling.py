"""Calls, the values that they carry, and the errors that answer them."""

from __future__ import annotations

import time

from ..checks import same
from ..packing import probe_layouts
from ..served import agree, wait
from ..session import Session
from ..values import UNDEFINED, BigInt, Date, MapOf, SetOf
from .registry import LIVE, expect_error


@LIVE.add("calls, and gets the result")
def _call(url: str) -> None:
    with Session.open(url) as session:
        same("the output", session.call("probe.echo", {"text": "hällo"}), {"text": "hällo"})


@LIVE.add("carries a large value")
def _large(url: str) -> None:
    with Session.open(url) as session:
        text = "x" * 100_000
        same("the output", session.call("probe.echo", {"text": text}), {"text": text})


@LIVE.add("carries each kind of value")
def _kinds(url: str) -> None:
    value = {
        **{"at": Date.parse("2026-01-02T03:04:05.678Z"), "big": BigInt(-(2**80))},
        **{"bytes": b"\x00\x01\xfe\xff", "tags": SetOf(["a", "ü", ""])},
        **{"counts": MapOf([("one", 1), ("min.us", -1)]), "nothing": UNDEFINED},
    }
    with Session.open(url) as session:
        got = session.call("probe.kinds", value)
        same("the output", got, value)
        same("the kind of big", type(got["big"]), BigInt)


@LIVE.add("gets an error that is declared, with its data")
def _declared(url: str) -> None:
    with Session.open(url) as session:
        error = expect_error(lambda: session.call("probe.fail", {"why": "no"}), "REFUSED", "yes")
        same("the data", error.data, {"why": "no"})


@LIVE.add("gets INTERNAL for an error that is not declared")
def _internal(url: str) -> None:
    with Session.open(url) as session:
        error = expect_error(lambda: session.call("probe.crash"), "INTERNAL", "yes")
        same("the data", error.data, UNDEFINED)


@LIVE.add("gets DENIED before the handler runs")
def _denied(url: str) -> None:
    with Session.open(url) as session:
        expect_error(lambda: session.call("probe.denied"), "DENIED", "no")


@LIVE.add("gets NOT_FOUND for a procedure that is not there")
def _not_found(url: str) -> None:
    with Session.open(url) as session:
        expect_error(lambda: session.call("probe.nowhere"), "NOT_FOUND", "no")


@LIVE.add("gets NOT_FOUND for a call that is bound as a stream")
def _other_kind(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.echo", {"text": "a"})
        expect_error(stream.result, "NOT_FOUND", "no")


@LIVE.add("gets INVALID_INPUT with issues")
def _invalid(url: str) -> None:
    with Session.open(url) as session:
        error = expect_error(lambda: session.call("probe.echo", {"text": 4}), "INVALID_INPUT", "no")
        issue = error.data["issues"][0]
        same("the path", issue["path"], ["text"])
        same("the kinds", [type(issue[key]) for key in ("code", "message")], [str, str])


@LIVE.add("gets DEADLINE at the deadline")
def _deadline(url: str) -> None:
    with Session.open(url) as session:
        before = time.monotonic()
        final = session.calls.start("probe.wait", deadlineMs=100).wait()
        same("the answer", (final["kind"], final.get("code")), ("ERROR", "DEADLINE"))
        same("executed", final["executed"], "unknown")
        assert time.monotonic() - before >= 0.09, "before the deadline"


@LIVE.add("cancels a call")
def _cancel(url: str) -> None:
    with Session.open(url) as session:
        call = session.calls.start("probe.wait")
        call.cancel()
        expect_error(call.result, "CANCELLED", "unknown")
        same("the next id", session.calls.start("probe.echo", {"text": "a"}).id, 0)


@LIVE.add("answers calls as they are ready")
def _order(url: str) -> None:
    with Session.open(url) as session:
        slow = session.calls.start("probe.wait")
        quick = session.calls.start("probe.echo", {"text": "a"})
        same("the output", quick.result(), {"text": "a"})
        same("the final message of the slow one", slow.final, None)


@LIVE.add("is called by the server, and answers")
def _asked(url: str) -> None:
    for layouts in (None, probe_layouts()):
        with Session.open(url, layouts=layouts, handlers={"probe.confirm": agree}) as session:
            same("the output", session.call("probe.ask", {"text": "sure?"}), {"agreed": True})
            same("the output", session.call("probe.ask", {"text": "no?"}), {"agreed": False})
            calls = [one for one in session.connection.log if one["kind"] == "CALL"]
            same("the encodings", {one["encoding"] for one in calls}, {1 if layouts else 2})
            same("the ids", {one["id"] for one in calls}, {1})


@LIVE.add("is called by the server with layouts that it does not have")
def _asked_unpacked(url: str) -> None:
    layouts = {name: one for name, one in probe_layouts().items() if name != "probe.confirm"}
    with Session.open(url, layouts=layouts, handlers={"probe.confirm": agree}) as session:
        same("the output", session.call("probe.ask", {"text": "sure?"}), {"agreed": True})
        binds = [one for one in session.connection.log if one["kind"] == "BIND"]
        same("the numbers", [one["procedure"] for one in binds], [0, 1])
        same("the second hash", binds[1]["sendHash"], binds[0]["sendHash"] * 0)


@LIVE.add("has no call of the server where it serves nothing")
def _asked_in_vain(url: str) -> None:
    with Session.open(url, handlers={}) as session:
        error = expect_error(lambda: session.call("probe.ask", {"text": "x"}), "REFUSED", "yes")
        same("the data", error.data, {"why": "NOT_FOUND"})
    with Session.open(url) as session:
        error = expect_error(lambda: session.call("probe.ask", {"text": "x"}), "REFUSED", "yes")
        same("the data", error.data, {"why": "UNAVAILABLE"})


@LIVE.add("is asked to stop by the server, whose caller it is")
def _asked_withdrawn(url: str) -> None:
    with Session.open(url, handlers={"probe.confirm": wait}) as session:
        served = session.served
        assert served is not None
        call = session.calls.start("probe.ask", {"text": "sure?"})
        session.connection.until(lambda: served.waiting > 0, "a call of the server")
        call.cancel()
        expect_error(call.result, "CANCELLED", "unknown")
        session.connection.until(lambda: bool(served.withdrawn), "a CANCEL of it")
