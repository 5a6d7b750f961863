"""Programs with items."""

from __future__ import annotations

from typing import Dict

from ..values import UNDEFINED
from .opening import Program, echo, open_session, tell_outcome
from .telling import tell


def _download(url: str) -> None:
    with open_session(url) as session:
        stream = session.stream("probe.count", {"to": 200})
        items = sum_ = 0
        while (item := stream.next_item()) is not UNDEFINED:
            items, sum_ = items + 1, sum_ + item
        tell(items=items, sum=sum_)


def _upload(url: str) -> None:
    with open_session(url) as session:
        stream = session.stream("probe.sum")
        for number in range(1, 41):
            stream.push(number)
        stream.end()
        tell_outcome(stream.result, "output")


def _both(url: str) -> None:
    with open_session(url) as session:
        stream = session.stream("probe.double")
        for number in (1, 2, 3):
            stream.push(number)
        stream.end()
        items = []
        while (item := stream.next_item()) is not UNDEFINED:
            items.append(item)
        tell(items=items)


def _stop(url: str) -> None:
    with open_session(url) as session:
        stream = session.stream("probe.count", {"to": 1_000_000})
        items = [stream.next_item() for _ in range(3)]
        stream.cancel("stopped")
        stream.wait()
        tell(items=items)
        echo(session, "after")


STREAMS: Dict[str, Program] = {
    "download": _download,
    "upload": _upload,
    "both": _both,
    "stop": _stop,
}
