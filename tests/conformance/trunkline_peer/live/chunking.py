"""Values that are larger than what goes in one piece."""

from __future__ import annotations

from ..checks import same
from ..chunks import CHUNK_FEATURE, abort, cut
from ..payload import encode_payload
from ..session import Session
from .registry import LIVE, expect_error

_LARGE = {"text": "ü" * 100_000}


def _chunks(session: Session) -> list:
    return [came for came in session.connection.log if came["kind"] == "CHUNK"]


@LIVE.add("sends a large input in chunks")
def _input(url: str) -> None:
    with Session.open(url) as session:
        same("whether the server takes chunks", session.connection.cuts, True)
        before = session.connection.tx
        text = "ü" * 60_000
        same("the output", session.call("probe.echo", {"text": text}), {"text": text})
        same("the numbers of BIND and chunks", session.connection.tx - before, 9)
        same("chunks to a client that takes none", _chunks(session), [])


@LIVE.add("gets a large result in chunks, passed by a small one")
def _result(url: str) -> None:
    with Session.open(url, features=CHUNK_FEATURE) as session:
        large = session.calls.start("probe.echo", _LARGE)
        small = session.calls.start("probe.echo", {"text": "small"})
        same("the small output", small.result(), {"text": "small"})
        same("the large final message then", large.final, None)
        same("the large output", large.result(), _LARGE)
        came = _chunks(session)
        same("FIRST and LAST", (came[0]["isFirst"], came[-1]["isLast"]), (True, True))
        assert max(len(piece["bytes"]) for piece in came) <= 16 * 1024, "a chunk above 16 KiB"


@LIVE.add("withdraws a large input in the middle")
def _abort(url: str) -> None:
    with Session.open(url) as session:
        procedure = session.calls.bind("probe.echo", "call")
        encoding, data = encode_payload(_LARGE)
        fields = {"procedure": procedure, "encoding": encoding, "bytes": data}
        begun = [*cut({"kind": "CALL", "id": 0, **fields}, 7)][:2]
        session.connection.send(*begun, abort(7))
        errors = [came for came in session.connection.log if came["kind"] == "ERROR"]
        session.connection.handlers["ERROR"] = errors.append
        session.connection.until(lambda: bool(errors), "ERROR")
        told = (errors[0]["id"], errors[0]["code"], errors[0]["executed"])
        same("the answer", told, (0, "CANCELLED", "no"))
        same("the next output", session.call("probe.echo", {"text": "a"}), {"text": "a"})


@LIVE.add("cancels a large result in the middle")
def _cancel(url: str) -> None:
    with Session.open(url, features=CHUNK_FEATURE) as session:
        call = session.calls.start("probe.echo", _LARGE)
        call.cancel()
        expect_error(call.result, "CANCELLED", "yes")
        same("the end of the transfer", _chunks(session)[-1]["isAbort"], True)
        same("the next output", session.call("probe.echo", {"text": "a"}), {"text": "a"})
