"""A session: HELLO and WELCOME, then calls and topics, over one connection after the other."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, List, Optional, Type

from .calls import Call, CallError, Calls
from .chunks import CHUNK_FEATURE, Transfers
from .connection import ANY_VERSION, PACKED_V1, SUPERJSON_V1, Connection
from .extensions import Message
from .packing import Layouts
from .resumption import RESUME_FEATURE, Resumption
from .served import CALLS_FEATURE, Handler, Served
from .topics import Subscription, Topics
from .values import UNDEFINED
from .violations import Violation

TOKEN = "let-me-in"
AGENT = "trunkline-python-peer"


def hello(token: str = TOKEN, features: int = 0) -> Message:
    """Makes a HELLO of a client that was built with no contract."""
    fields = {"features": features, "agent": AGENT, "token": token, "revisions": []}
    return {"kind": "HELLO", **fields}


class Session:
    """A client's session; use it in `with`, which closes it with 1000 at the end."""

    def __init__(
        self, url: str, protocols: Optional[List[str]] = None, layouts: Optional[Layouts] = None
    ) -> None:
        if layouts is not None:
            protocols = [PACKED_V1, SUPERJSON_V1, ANY_VERSION]
        self.connection = Connection(url, protocols)
        self.welcome: Optional[Message] = None
        self.calls = Calls(self.connection)
        self.topics = Topics(self.connection)
        self.served: Optional[Served] = None
        if layouts is not None and self.connection.ws.protocol == PACKED_V1:
            self.calls.layouts = self.topics.layouts = layouts
        self.connection.handlers["WELCOME"] = self._welcomed
        self.connection.outstanding = lambda: bool(self.calls.live)

    @staticmethod
    def open(
        url: str,
        token: str = TOKEN,
        features: int = 0,
        layouts: Optional[Layouts] = None,
        handlers: Optional[Dict[str, Handler]] = None,
    ) -> Session:
        """Connects, sends HELLO and waits for WELCOME; with `layouts`, values travel packed.

        With `handlers` it takes calls of the server, by their names.
        """
        session = Session(url, layouts=layouts)
        try:
            if session.connection.ws.protocol == ANY_VERSION:
                session.connection.until(lambda: False, "the names that are spoken")
            if features & CHUNK_FEATURE:
                session.connection.transfers = Transfers()
            if handlers is not None:
                features |= CALLS_FEATURE
                session.served = Served(session.connection, handlers)
                session.served.layouts = session.calls.layouts
            greeting = hello(token, features)
            if features & RESUME_FEATURE:
                Resumption(session, greeting)
            session.connection.send(greeting)
            session.await_welcome()
        except BaseException:
            session.connection.close()
            raise
        return session

    def await_welcome(self) -> None:
        """Waits for WELCOME."""
        self.connection.until(lambda: self.welcome is not None, "WELCOME")

    def call(self, name: str, value: Any = UNDEFINED, **more: Any) -> Any:
        """Calls a procedure and waits for its output; again as superjson if the layouts differ."""
        call = self.calls.start(name, value, **more)
        try:
            return call.result()
        except CallError as error:
            if error.code != "LAYOUT" or not call.packing.packs:
                raise
        self.calls.unpacked.add(name)
        return self.calls.start(name, value, **more).result()

    def stream(self, name: str, value: Any = UNDEFINED, **more: Any) -> Call:
        """Starts a stream."""
        return self.calls.start(name, value, "stream", **more)

    def publish(self, name: str, params: Any, message: Any, **more: Any) -> Message:
        """Publishes on a topic, and gives the place that the topic message has."""
        value = {"params": params, "message": message}
        call = self.calls.start(name, value, "publish", **more)
        call.result()
        return call.wait()["published"]

    def subscribe(self, name: str, params: Any, **more: Any) -> Subscription:
        """Subscribes to a topic."""
        return self.topics.subscribe(name, params, **more)

    def _welcomed(self, message: Message) -> None:
        if self.welcome is not None:
            raise Violation("SECOND_HELLO", "a second WELCOME")
        self.welcome = message
        self.connection.greeted = True
        self.connection.cuts = bool(message["features"] & CHUNK_FEATURE)
        limits = message["limits"]
        self.calls.up_credit = (limits["upCreditItems"], limits["upCreditBytes"])
        self.topics.begin_anew()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.connection.close()
