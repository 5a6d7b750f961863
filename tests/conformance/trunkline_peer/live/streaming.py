"""Streams in each direction, and their credit."""

from __future__ import annotations

from typing import Any, List

from ..call import Call
from ..checks import same
from ..session import Session
from ..values import UNDEFINED
from .registry import LIVE, expect_error


def all_items(stream: Call) -> List[Any]:
    """Takes items to the end of a stream."""
    items = []
    while True:
        item = stream.next_item()
        if item is UNDEFINED:
            return items
        items.append(item)


@LIVE.add("reads a stream and raises the credit")
def _down(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 500})
        same("the items", all_items(stream), list(range(500)))
        assert stream.credits_sent >= 500 // 64, f"{stream.credits_sent} times credit"
        same("the output", stream.result(), UNDEFINED)


@LIVE.add("is sent no more items than the credit allows")
def _window(url: str) -> None:
    with Session.open(url) as session:
        session.stream("probe.count", {"to": 500})
        session.connection.rest(0.3)
        same("items", sum(m["kind"] == "ITEM" for m in session.connection.log), 64)


@LIVE.add("sends a stream within its credit")
def _up(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.sum")
        for number in range(1, 101):
            stream.push(number)
        stream.end()
        same("the output", stream.result(), {"items": 100, "sum": 5050})
        assert any(m["kind"] == "CREDIT" for m in session.connection.log), "no CREDIT came"


@LIVE.add("streams both ways")
def _both(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.double")
        stream.push(21)
        same("the first item", stream.next_item(), 42)
        for number in range(100):
            stream.push(number)
            same("an item", stream.next_item(), number * 2)
        stream.end()
        same("the rest", all_items(stream), [])


@LIVE.add("stops a stream early")
def _stop(url: str) -> None:
    with Session.open(url) as session:
        stream = session.stream("probe.count", {"to": 1_000_000})
        same("the items", [stream.next_item() for _ in range(3)], [0, 1, 2])
        stream.cancel("stopped")
        expect_error(stream.result, "CANCELLED", "unknown")
        same("the next", session.call("probe.echo", {"text": "after"}), {"text": "after"})
