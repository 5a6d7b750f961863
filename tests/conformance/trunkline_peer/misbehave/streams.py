"""Misbehaviour with items, their end and their credit."""

from __future__ import annotations

from ..checks import room, same
from ..messages import encode_message
from ..payload import encode_payload, frame_superjson
from ..session import Session
from ..wire import varint
from .reactions import MISBEHAVE, closing, ignored, lives, message, refuses


def items(id: int, count: int) -> bytes:
    """Makes so many ITEMs."""
    encoding, data = encode_payload(1)
    fields = {"id": id, "encoding": encoding, "bytes": data}
    return encode_message({"kind": "ITEM", **fields}) * count


@closing("item-beyond-the-credit")
def _beyond(session: Session) -> None:
    stream = session.stream("probe.sum")
    session.connection.send_body(items(stream.id, stream.up_items + 1), stream.up_items + 1)


@MISBEHAVE.add("items-up-to-the-credit-are-fine")
def _within(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        count = stream.up_items
        session.connection.send_body(items(stream.id, count), count)
        stream.end()
        same("the output", stream.result(), {"items": count, "sum": count})


@closing("item-after-end")
def _after_end(session: Session) -> None:
    stream = session.stream("probe.double")
    end = encode_message({"kind": "END", "id": stream.id, "encoding": 0, "bytes": b""})
    session.connection.send_body(items(stream.id, 1) + end + items(stream.id, 1), 3)


@closing("end-twice")
def _end_twice(session: Session) -> None:
    stream = session.stream("probe.double")
    end = encode_message({"kind": "END", "id": stream.id, "encoding": 0, "bytes": b""})
    session.connection.send_body(end + end, 2)


@closing("item-on-a-call")
def _on_a_call(session: Session) -> None:
    session.connection.send_body(items(session.calls.start("probe.wait").id, 1), 1)


@closing("end-on-a-call")
def _end_on_a_call(session: Session) -> None:
    session.calls.start("probe.wait").end()


@closing("item-of-a-stream-down")
def _wrong_direction(session: Session) -> None:
    stream = session.stream("probe.count", {"to": 1_000})
    session.connection.send_body(items(stream.id, 1), 1)


@closing("end-of-a-stream-down")
def _end_of_down(session: Session) -> None:
    session.stream("probe.count", {"to": 1_000}).end()


@closing("end-with-a-payload")
def _end_payload(session: Session) -> None:
    stream = session.stream("probe.sum")
    encoding, data = encode_payload(1)
    fields = {"id": stream.id, "encoding": encoding, "bytes": data}
    session.connection.send({"kind": "END", **fields})


@ignored("item-of-an-unknown-id")
def _unknown_item(session: Session) -> None:
    session.connection.send_body(items(0, 1), 1)


@ignored("end-of-an-unknown-id")
def _unknown_end(session: Session) -> None:
    session.connection.send({"kind": "END", "id": 0, "encoding": 0, "bytes": b""})


@ignored("credit-of-an-unknown-id")
def _unknown_credit(session: Session) -> None:
    session.connection.send({"kind": "CREDIT", "id": 0, "items": 5, "bytes": 5})


@ignored("credit-on-a-call")
def _credit_on_a_call(session: Session) -> None:
    call = session.calls.start("probe.wait")
    session.connection.send({"kind": "CREDIT", "id": call.id, "items": 5, "bytes": 5})


@MISBEHAVE.add("credit-that-shrinks")
def _shrinks(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 100})
        stream.allow(101, 300_000)
        session.connection.send({"kind": "CREDIT", "id": stream.id, "items": 1, "bytes": 1})
        stream.wait()
        lives(session)


@MISBEHAVE.add("credit-beyond-what-a-server-takes")
def _huge_credit(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 1_000_000})
        most = 2**53 - 1
        stream.allow(most, most)
        session.connection.rest(0.5)
        came = sum(m["kind"] == "ITEM" for m in session.connection.log)
        assert came <= 64 + 1024, f"{came} items came"


@MISBEHAVE.add("item-that-does-not-fit")
def _bad_item(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        stream.push("one")
        refuses(stream.result, "INVALID_INPUT", "yes")
        lives(session)


@MISBEHAVE.add("item-of-malformed-superjson")
def _malformed_item(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        session.connection.send_body(message(0x55, bytes([stream.id, 2]) + b"\x02{]\x00"), 1)
        refuses(stream.result, "INVALID_INPUT", "yes")
        lives(session)


def _padded(id: int, size: int) -> bytes:
    """Makes an ITEM, the number 1, whose payload has so many bytes."""
    json = b'{"json":1}'.ljust(size - len(varint(size)) - 1)
    return message(0x55, bytes([id, 2]) + frame_superjson(json, []))


@MISBEHAVE.add("item-that-passes-the-credit-of-bytes-is-fine")
def _passes(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        body = _padded(stream.id, stream.up_bytes - 1) + _padded(stream.id, 10_000)
        session.connection.send_body(body, 2)
        stream.end()
        same("the output", stream.result(), {"items": 2, "sum": 2})


@closing("item-beyond-the-credit-of-bytes")
def _beyond_bytes(session: Session) -> None:
    stream = session.stream("probe.sum")
    body = _padded(stream.id, stream.up_bytes) * 3 + items(stream.id, 1)
    session.connection.send_body(body, 4)


@closing("end-on-a-publish")
def _end_on_a_publish(session: Session) -> None:
    value = {"params": {"room": room()}, "message": {"text": "a"}}
    encoding, data = encode_payload(value)
    number = session.calls.bind("probe.notes", "publish")
    fields = {"id": 0, "procedure": number, "encoding": encoding, "bytes": data}
    end = encode_message({"kind": "END", "id": 0, "encoding": 0, "bytes": b""})
    session.connection.send_body(encode_message({"kind": "CALL", **fields}) + end, 2)


@MISBEHAVE.add("credit-total-by-total")
def _totals(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 100})
        stream.allow(200, 0)
        same("the final message", stream.wait()["kind"], "END")
        same("items", sum(m["kind"] == "ITEM" for m in session.connection.log), 100)


@MISBEHAVE.add("credit-that-is-said-again")
def _again(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 500})
        for _ in range(5):
            stream.allow(100, 300_000)
        session.connection.rest(0.3)
        same("items", sum(m["kind"] == "ITEM" for m in session.connection.log), 100)


@ignored("credit-of-a-stream-up")
def _credit_up(session: Session) -> None:
    session.stream("probe.sum").allow(500, 500_000)


@ignored("item-end-and-credit-behind-a-cancel")
def _behind_cancel(session: Session) -> None:
    stream = session.stream("probe.double")
    stream.cancel("failed")
    end = encode_message({"kind": "END", "id": stream.id, "encoding": 0, "bytes": b""})
    session.connection.send_body(items(stream.id, 2) + end, 3)
    stream.allow(100, 300_000)


@ignored("item-end-and-credit-behind-the-end")
def _behind_the_end(session: Session) -> None:
    stream = session.stream("probe.double")
    stream.end()
    stream.wait()
    end = encode_message({"kind": "END", "id": stream.id, "encoding": 0, "bytes": b""})
    session.connection.send_body(items(stream.id, 2) + end + end, 4)
    stream.allow(100, 300_000)


@MISBEHAVE.add("item-of-encoding-none")
def _no_item(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        session.connection.send_body(message(0x55, bytes([stream.id, 0])), 1)
        refuses(stream.result, "INVALID_INPUT", "yes")
        lives(session)


def _cancelled(reason: str) -> None:
    def check(url: str) -> None:
        with Session.open(url) as session:
            stream = session.stream("probe.count", {"to": 1_000_000})
            same("an item", stream.next_item(), 0)
            stream.cancel(reason)
            final = stream.wait()
            code = "DEADLINE" if reason == "deadline" else "CANCELLED"
            same("the answer", (final["kind"], final["code"]), ("ERROR", code))
            same("executed", final["executed"], "unknown")
            lives(session)

    MISBEHAVE.add(f"cancel-of-a-stream-{reason}")(check)


for _reason in ("withdrawn", "deadline", "stopped", "failed"):
    _cancelled(_reason)
