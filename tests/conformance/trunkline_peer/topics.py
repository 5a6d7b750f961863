"""Subscriptions of one connection: positions, gaps, and cursors to come back with."""

from __future__ import annotations

import random
from collections import deque
from typing import Any, Deque, Dict, NamedTuple, Optional

from .connection import WAIT, Connection
from .extensions import Message
from .limits import PayloadError
from .packing import OUTPUT, UNPACKED, Layouts, packing_of
from .payload import encode_payload
from .violations import Violation

_FOR_NOW, _AGAIN_AFTER = {"BUSY", "RATE", "DRAINING"}, (0.05, 0.25)


class Event(NamedTuple):
    """What a subscription has to say: `state`, `message`, `gap`, `stale`, `paused` or `ended`."""

    kind: str
    value: Any
    offset: int = 0


class Subscription:
    """A subscription, with the place up to which its messages were given to the program."""

    def __init__(self, connection: Connection, sub: int, cursor: Optional[Message]) -> None:
        self.sub, self.cursor = sub, cursor
        self.packing = UNPACKED
        self.topic: Optional[int] = None
        self.epoch = self.position = 0
        self.ended = self.waits = False
        self._connection = connection
        self._events: Deque[Event] = deque()
        self._awaits_gap = False
        self._told = {"epoch": 0, "offset": 0} if cursor is None else cursor
        self.asked: Message = {}

    def next(self, timeout: float = WAIT) -> Event:
        """Waits for the next event, and moves the cursor behind it."""
        self._connection.until(lambda: bool(self._events), "an event of a topic", timeout)
        event = self._events.popleft()
        if event.kind in ("message", "gap", "state"):
            self.cursor = {"epoch": self.epoch, "offset": event.offset}
        return event

    def next_message(self, timeout: float = WAIT) -> Event:
        """Waits for the next topic message, and drops other events before it."""
        while True:
            event = self.next(timeout)
            if event.kind == "message":
                return event

    def begin_anew(self, connection: Connection, sub: int) -> None:
        """Subscribes again on another connection, from where the program is."""
        self._connection = connection
        self.sub, self.topic = sub, None
        self._events.clear()
        self.waits = self._awaits_gap = False
        more = self.asked
        if self.cursor is not None:
            more = {name: part for name, part in more.items() if name not in ("cursor", "last")}
            more["cursor"] = self._told = self.cursor
        self._connection.send({**more, "sub": sub})

    def leave(self) -> None:
        """Ends the subscription."""
        self.ended = True
        self._connection.send({"kind": "UNSUBSCRIBE", "sub": self.sub})

    def take_subscribed(self, message: Message) -> None:
        """Begins, or begins anew, behind an offset of an epoch."""
        if self.topic is not None:
            self._told = {"epoch": self.epoch, "offset": self.position}
        self.topic = message["topic"]
        self.epoch, self.position = message["epoch"], message["offset"]
        self._awaits_gap = message["state"] == "gap"
        if not self._awaits_gap:
            self._events.append(Event("state", message["state"], self.position))

    def take_message(self, message: Message) -> None:
        """Takes a topic message unless it is a duplicate; refuses one behind a hole."""
        if self._awaits_gap:
            raise Violation("BAD_OFFSET", "a topic message comes before the gap")
        before = message["offset"] - message["skipped"] - 1
        if self.position > before:
            return
        if self.position < before:
            raise Violation("BAD_OFFSET", f"{message['offset']} comes behind {self.position}")
        self.position = message["offset"]
        try:
            value = self.packing.decode(OUTPUT, message)
        except PayloadError:
            place = {"from": self.position, "to": self.position, "reason": "layout"}
            self._events.append(Event("gap", {"epoch": self.epoch, **place}, self.position))
            return
        self._events.append(Event("message", value, self.position))

    def take_gap(self, message: Message) -> None:
        """Moves behind messages that are missing, and tells of those not told of yet."""
        if self.topic is None:
            return
        known = self._told if self._awaits_gap else {"epoch": self.epoch, "offset": self.position}
        if self._awaits_gap:
            self._awaits_gap = False
            self._events.append(Event("state", "gap", self.position))
        if message["epoch"] == self.epoch:
            self.position = max(self.position, message.get("to", 0))
            if known["epoch"] == self.epoch:
                message = {**message, "from": max(message["from"], known["offset"] + 1)}
        if message.get("to", message["from"]) >= message["from"]:
            self._events.append(Event("gap", message, self.position))

    def pause(self, message: Message) -> None:
        """Takes an ENDED after which it begins anew."""
        self.waits, self.topic = True, None
        self._events.append(Event("paused", message, self.position))

    def take_other(self, kind: str, message: Message) -> None:
        """Takes STALE or ENDED."""
        self.ended = self.ended or kind == "ended"
        self._events.append(Event(kind, message, self.position))


class Topics:
    """The subscriptions of one connection by their numbers, and by the numbers of their topics."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.layouts: Layouts = {}
        self._subs: Dict[int, Subscription] = {}
        self._next = 0
        connection.handlers.update(
            {
                **{"SUBSCRIBED": self._subscribed, "MESSAGE": self._message, "GAP": self._gap},
                **{"STALE": self._other, "ENDED": self._other},
            }
        )

    def subscribe(self, name: str, params: Any, **more: Any) -> Subscription:
        """Sends a SUBSCRIBE; `more` are `cursor` and `last`."""
        subscription = Subscription(self._connection, self._next, more.get("cursor"))
        self._subs[self._next] = subscription
        self._next += 1
        encoding, data = encode_payload(params)
        body = {"encoding": encoding, "bytes": data}
        subscription.packing = packing_of(self.layouts, name, "topic")
        hashes = {"payloadHash": subscription.packing.receive_hash}
        fields = {"sub": subscription.sub, "name": name, "params": body, **hashes}
        subscription.asked = {"kind": "SUBSCRIBE", **fields, **more}
        self._connection.send(subscription.asked)
        return subscription

    def begin_anew(self) -> None:
        """Subscribes to all again; numbers begin with the connection."""
        live = [subscription for subscription in self._subs.values() if not subscription.ended]
        self._subs = dict(enumerate(live))
        self._next = len(live)
        for sub, subscription in self._subs.items():
            subscription.begin_anew(self._connection, sub)

    def take_over(self, others: Topics) -> None:
        """Takes the subscriptions of another session, as if they had been made here."""
        self._subs, others._subs = others._subs, {}

    def _live(self, message: Message) -> Optional[Subscription]:
        subscription = self._subs.get(message["sub"])
        if subscription is None or subscription.ended or subscription.waits:
            return None
        return subscription

    def _subscribed(self, message: Message) -> None:
        subscription = self._live(message)
        if subscription is not None:
            subscription.take_subscribed(message)

    def _message(self, message: Message) -> None:
        for subscription in self._subs.values():
            if subscription.topic == message["topic"] and not subscription.ended:
                subscription.take_message(message)

    def _gap(self, message: Message) -> None:
        subscription = self._live(message)
        if subscription is not None:
            subscription.take_gap(message)

    def _other(self, message: Message) -> None:
        subscription = self._live(message)
        if subscription is None:
            return
        is_stale = message["kind"] == "STALE"
        if is_stale or (message["code"] not in _FOR_NOW and "retryAfterMs" not in message):
            subscription.take_other(message["kind"].lower(), message)
            return
        subscription.pause(message)
        delay = max(message.get("retryAfterMs", 0) / 1000, random.uniform(*_AGAIN_AFTER))
        self._connection.later(delay, lambda: self._again(subscription))

    def _again(self, subscription: Subscription) -> None:
        """Subscribes anew to what has ended for a while, unless that was done by a reconnect."""
        if subscription.waits and not subscription.ended:
            del self._subs[subscription.sub]
            self._subs[self._next] = subscription
            self._next += 1
            subscription.begin_anew(self._connection, self._next - 1)
