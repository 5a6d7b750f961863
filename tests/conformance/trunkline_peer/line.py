"""One session with a server: calls and subscriptions, over one connection after the other."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from .call import Call
from .calls import Calls
from .chunks import CHUNK_FEATURE, Transfers
from .connection import ANY_VERSION, PACKED_V1, SUPERJSON_V1, Connection
from .extensions import Message
from .packing import Layouts
from .resumption import RESUME_FEATURE, Resumption
from .served import CALLS_FEATURE, Handler, Served
from .topics import Topics
from .violations import Violation


class Options(NamedTuple):
    """How sessions are begun."""

    url: str
    protocols: Optional[List[str]] = None
    layouts: Optional[Layouts] = None
    handlers: Optional[Dict[str, Handler]] = None


class Line:
    """A session, from its first connection on."""

    def __init__(self, options: Options) -> None:
        layouts, protocols = options.layouts, options.protocols
        if layouts is not None:
            protocols = [PACKED_V1, SUPERJSON_V1, ANY_VERSION]
        self.connection = Connection(options.url, protocols)
        self.welcome: Optional[Message] = None
        self.calls = Calls(self.connection)
        self.topics = Topics(self.connection)
        self.served: Optional[Served] = None
        self._again: List[Call] = []
        if options.handlers is not None:
            self.served = Served(self.connection, options.handlers)
        if layouts is not None and self.connection.ws.protocol == PACKED_V1:
            self.calls.layouts = self.topics.layouts = layouts
            if self.served is not None:
                self.served.layouts = layouts
        self.connection.handlers["WELCOME"] = self._welcomed
        self.connection.outstanding = lambda: bool(self.calls.live)

    def begin(self, hello: Message) -> None:
        """Sends HELLO, and sees to what its features promise."""
        features = hello["features"] | (0 if self.served is None else CALLS_FEATURE)
        hello = {**hello, "features": features}
        if features & CHUNK_FEATURE:
            self.connection.transfers = Transfers()
        if features & RESUME_FEATURE:
            Resumption(self, hello)
        self.connection.send(hello)

    def lost(self, rx: Optional[int]) -> List[Call]:
        """The session is gone; gives its calls that are known not to have run."""
        self.welcome = None
        if self.served is not None:
            self.served.forget()
        return self.calls.lost(rx)

    def repeat(self, calls: List[Call]) -> None:
        """Sends calls of an earlier session again, as soon as this one is welcomed."""
        self._again += calls
        if self.welcome is not None:
            again, self._again = self._again, []
            self.connection.later(0.0, lambda: self.calls.repeat(again))

    @property
    def is_done(self) -> bool:
        """Tells whether all calls of both sides have their final message."""
        return not self.calls.live and (self.served is None or self.served.waiting == 0)

    def _welcomed(self, message: Message) -> None:
        if self.welcome is not None:
            raise Violation("SECOND_HELLO", "a second WELCOME")
        self.welcome = message
        self.connection.greeted = True
        self.connection.cuts = bool(message["features"] & CHUNK_FEATURE)
        limits = message["limits"]
        self.calls.up_credit = (limits["upCreditItems"], limits["upCreditBytes"])
        self.topics.begin_anew()
        self.repeat([])
