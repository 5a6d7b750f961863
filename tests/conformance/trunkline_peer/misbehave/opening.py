"""Misbehaviour in the upgrade."""

from __future__ import annotations

from typing import List

from ..checks import same
from ..connection import ANY_VERSION, PACKED_V1, SUPERJSON_V1, Connection
from ..websocket import UpgradeRefused, WebSocket
from .reactions import MISBEHAVE, closes


def _refused(name: str, protocols: List[str]) -> None:
    """Adds a check: the upgrade is refused with 400."""

    def check(url: str) -> None:
        try:
            Connection(url, protocols)
        except UpgradeRefused as refused:
            same("the status", refused.status, 400)
            return
        raise AssertionError("the upgrade was not refused")

    MISBEHAVE.add(name)(check)


_refused("subprotocol-not-spoken", ["graphql-ws"])
_refused("subprotocol-missing", [])
_refused("subprotocol-of-another-version", ["trunkline.v2.packed"])
_refused("subprotocol-in-other-letters", ["Trunkline.V1.Superjson", "TRUNKLINE"])
_refused("subprotocols-more-than-8", [SUPERJSON_V1, *(f"other{n}" for n in range(8))])
_refused("subprotocols-of-257-bytes", [SUPERJSON_V1, "x" * (257 - len(SUPERJSON_V1))])


def _answered(name: str, protocols: List[str], wanted: str = SUPERJSON_V1) -> None:
    """Adds a check: the upgrade is answered with the first name that is spoken."""

    def check(url: str) -> None:
        ws = WebSocket(url, protocols)
        same("the subprotocol", ws.protocol, wanted)
        ws.close(1000)

    MISBEHAVE.add(name)(check)


_answered("subprotocol-behind-others", ["graphql-ws", SUPERJSON_V1, PACKED_V1, ANY_VERSION])
_answered("subprotocol-packed-first", [ANY_VERSION, PACKED_V1, SUPERJSON_V1], PACKED_V1)
_answered("subprotocol-packed-alone", [PACKED_V1], PACKED_V1)
_answered("subprotocol-behind-the-bare-name", [ANY_VERSION, SUPERJSON_V1])


def _told(name: str, protocols: List[str]) -> None:
    """Adds a check: the server closes at once, and says which names it speaks."""

    def check(url: str) -> None:
        connection = Connection(url, protocols)
        same("the subprotocol", connection.ws.protocol, ANY_VERSION)
        closed = closes(connection, 4406)
        assert SUPERJSON_V1 in closed.reason.split(" "), f"the reason is {closed.reason!r}"

    MISBEHAVE.add(name)(check)


_told("subprotocol-bare-trunkline", [ANY_VERSION])
_told("subprotocol-of-another-version-and-trunkline", ["trunkline.v2.packed", ANY_VERSION])


@MISBEHAVE.add("compression-is-not-accepted")
def _compression(url: str) -> None:
    ws = WebSocket(url, [SUPERJSON_V1], "Sec-WebSocket-Extensions: permessage-deflate")
    same("the subprotocol", ws.protocol, SUPERJSON_V1)
    ws.close(1000)
