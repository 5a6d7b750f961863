"""What a program has: calls and topics, whatever becomes of connections and sessions."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Dict, List, Optional, Type

from .call import Call, CallError
from .calls import Calls
from .connection import ANY_VERSION, Connection
from .extensions import Message
from .line import Line, Options
from .moving import GOAWAY_FEATURE, Mover
from .packing import Layouts
from .served import Handler, Served
from .topics import Subscription, Topics
from .values import UNDEFINED

TOKEN = "let-me-in"
AGENT = "trunkline-python-peer"


def hello(token: str = TOKEN, features: int = 0) -> Message:
    """Makes a HELLO of a client that was built with no contract."""
    fields = {"features": features, "agent": AGENT, "token": token, "revisions": []}
    return {"kind": "HELLO", **fields}


class Session:
    """A client's session; use it in `with`, which closes it with 1000 at the end."""

    def __init__(
        self,
        url: str,
        protocols: Optional[List[str]] = None,
        layouts: Optional[Layouts] = None,
        handlers: Optional[Dict[str, Handler]] = None,
    ) -> None:
        self.options = Options(url, protocols, layouts, handlers)
        self.line = Line(self.options)

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
        session = Session(url, None, layouts, handlers)
        try:
            if session.connection.ws.protocol == ANY_VERSION:
                session.connection.until(lambda: False, "the names that are spoken")
            greeting = hello(token, features)
            session.line.begin(greeting)
            if features & GOAWAY_FEATURE:
                Mover(session, greeting)
            session.await_welcome()
        except BaseException:
            session.connection.close()
            raise
        return session

    @property
    def connection(self) -> Connection:
        """The connection that new calls go over."""
        return self.line.connection

    @property
    def calls(self) -> Calls:
        """The calls that were made on it."""
        return self.line.calls

    @property
    def topics(self) -> Topics:
        """What is subscribed on it."""
        return self.line.topics

    @property
    def served(self) -> Optional[Served]:
        """What the server calls on it."""
        return self.line.served

    @property
    def welcome(self) -> Optional[Message]:
        """How the server welcomed it."""
        return self.line.welcome

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

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        for connection in [*self.connection.group]:
            connection.close()
