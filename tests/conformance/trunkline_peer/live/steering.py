"""Servers that are told by HTTP what no client can ask for: to stop, or to take rights back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, Callable, Iterator
from urllib.parse import urlsplit

from ..checks import Check, Checks

STEERED = Checks()
_PATIENCE = 10.0


class Pair:
    """Two servers of one broker behind one address, which leads to the first until it stops."""

    def __init__(self, steering: str) -> None:
        self._address = urlsplit(steering).netloc
        made = self._ask("POST", "/pairs", {})
        self._number: int = made["number"]
        self.url: str = made["url"]

    def drain(self, **more: Any) -> None:
        """Lets the first server stop; new connections lead to the other, unless it `stays`."""
        self._tell("drain", more)

    def revoke(self, principal: str, final: bool = False) -> int:
        """Takes the rights of a principal back, and gives how many sessions it had."""
        return self._tell("revoke", {"principal": principal, "final": final})["sessions"]

    def deny(self, room: str) -> int:
        """Closes a room, decides anew on what is subscribed, and gives how much has ended."""
        return self._tell("deny", {"room": room})["ended"]

    def close(self) -> None:
        """Ends both."""
        self._ask("DELETE", f"/pairs/{self._number}", {})

    def _tell(self, order: str, more: Any) -> Any:
        return self._ask("POST", f"/pairs/{self._number}/{order}", more)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        connection = HTTPConnection(self._address, timeout=_PATIENCE)
        try:
            connection.request(method, path, json.dumps(body))
            answer = connection.getresponse()
            told = answer.read().decode()
            assert answer.status == 200, f"{method} {path} was answered with {answer.status} {told}"
            return json.loads(told)
        finally:
            connection.close()


def steered(name: str) -> Callable[[Callable[[Pair], None]], Callable[[Pair], None]]:
    """Adds a check that has a pair of servers of its own."""

    def put(act: Callable[[Pair], None]) -> Callable[[Pair], None]:
        STEERED.add(name)(_with_pair(act))
        return act

    return put


def _with_pair(act: Callable[[Pair], None]) -> Check:
    def check(steering: str) -> None:
        with _pair(steering) as pair:
            act(pair)

    return check


@contextmanager
def _pair(steering: str) -> Iterator[Pair]:
    pair = Pair(steering)
    try:
        yield pair
    finally:
        pair.close()
