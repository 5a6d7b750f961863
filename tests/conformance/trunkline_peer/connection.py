"""One connection: batches, numbers, acknowledgements, PING and silence."""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional

from .extensions import Message
from .messages import MAX_BATCH, decode_batch, encode_batch, encode_message, is_sequenced
from .websocket import CUT, Closed, WebSocket
from .wire import Violation

SUPERJSON_V1 = "trunkline.v1.superjson"
ANY_VERSION = "trunkline"
WAIT = 5.0

_PING_AFTER, _DEAD_OUTSTANDING, _DEAD, _DEAD_HELLO = 4.0, 8.0, 35.0, 40.0
_ACK_MESSAGES, _ACK_BYTES, _ACK_AFTER = 32, 64 * 1024, 0.2


class TimedOut(Exception):
    """Says what did not come in time."""


class Connection:
    """A WebSocket on which numbered messages are sent and received."""

    def __init__(self, url: str, protocols: Optional[List[str]] = None) -> None:
        offered = [SUPERJSON_V1, ANY_VERSION] if protocols is None else protocols
        self.ws = WebSocket(url, offered)
        if self.ws.protocol not in offered:
            self.ws.close(4406, "VERSION")
            raise Closed(4406, "VERSION")
        self.handlers: Dict[str, Callable[[Message], None]] = {"PING": self._pong, "PONG": _ignore}
        self.log: List[Message] = []
        self.tx = self.acked = self.rx = 0
        self._told = 0
        self._untold_bytes = 0
        self._ack_due: Optional[float] = None
        self.outstanding: Callable[[], bool] = lambda: False
        self.greeted = False
        self._heard = self._asked = time.monotonic()

    def send(self, *messages: Message, now: bool = False) -> None:
        """Sends messages in one batch, with an acknowledgement if one is due."""
        self.send_body(
            b"".join(encode_message(message) for message in messages),
            sum(is_sequenced(message) for message in messages),
            now,
        )

    def send_body(self, body: bytes, sequenced: int, now: bool = False) -> None:
        """Sends encoded messages, of which so many are sequenced, in one batch."""
        seq = self.tx + 1 if sequenced else None
        self.tx += sequenced
        ack = self.rx if self.rx > self._told else None
        if ack is not None:
            self._told, self._untold_bytes, self._ack_due = self.rx, 0, None
        self.ws.send(encode_batch(body, seq, ack, now))

    def pump(self, deadline: float) -> bool:
        """Takes the next batch and acts on it; tells whether one came before the deadline."""
        while True:
            alarm = self._on_time()
            data = self.ws.receive(min(deadline, alarm))
            if data is not None:
                self._heard = self._asked = time.monotonic()
                self._guarded(data)
                return True
            if time.monotonic() >= deadline:
                return False

    def until(self, holds: Callable[[], bool], what: str, timeout: float = WAIT) -> None:
        """Takes batches until something holds."""
        deadline = time.monotonic() + timeout
        while not holds():
            if not self.pump(deadline):
                raise TimedOut(f"{what} did not come within {timeout:g} s")

    def rest(self, seconds: float) -> None:
        """Goes on taking batches for a while."""
        deadline = time.monotonic() + seconds
        while self.pump(deadline):
            pass

    def close(self) -> None:
        """Leaves, with 1000."""
        self.ws.close(1000, "DONE")

    def _on_time(self) -> float:
        now = time.monotonic()
        if self._ack_due is not None and now >= self._ack_due:
            self.send_body(b"", 0)
        waiting = self.outstanding() or self.tx > self.acked
        dead = (_DEAD_OUTSTANDING if waiting else _DEAD) if self.greeted else _DEAD_HELLO
        if now - self._heard >= dead:
            self.ws.cut()
            raise Closed(CUT, "silence")
        if waiting and self.greeted and now - self._asked >= _PING_AFTER:
            self._asked = now
            self.send({"kind": "PING", "value": 1})
        alarms = [self._heard + dead, self._asked + _PING_AFTER if waiting else self._heard + dead]
        return min([*alarms, *([] if self._ack_due is None else [self._ack_due])])

    def _guarded(self, data: bytes) -> None:
        try:
            if len(data) > MAX_BATCH:
                self.ws.close(1009, "TOO_BIG")
                raise Closed(1009, "TOO_BIG")
            self._take(data)
        except Violation as violation:
            self.ws.close(4400, "PROTOCOL")
            raise Closed(4400, str(violation)) from None

    def _take(self, data: bytes) -> None:
        batch = decode_batch(data)
        if batch.ack is not None:
            self._take_ack(batch.ack)
        ahead = 0 if batch.seq is None else _distance(batch.seq, self.rx + 1)
        if ahead > 0:
            raise Violation("BAD_SEQ", f"{ahead} sequenced messages are missing")
        for sequenced, message in batch.messages:
            if sequenced:
                ahead += 1
                if ahead <= 0:
                    continue
                self.rx += 1
            if message is not None:
                self._dispatch(message)
        if batch.seq is not None:
            self._plan_ack(len(data))
        if batch.now or self.rx - self._told >= _ACK_MESSAGES or self._untold_bytes >= _ACK_BYTES:
            if self.rx > self._told:
                self.send_body(b"", 0)

    def _plan_ack(self, size: int) -> None:
        self._untold_bytes += size
        if self._ack_due is None and self.rx > self._told:
            self._ack_due = time.monotonic() + _ACK_AFTER

    def _take_ack(self, low: int) -> None:
        number = self.acked + ((low - self.acked) & 0xFFFF)
        if number > self.tx:
            raise Violation("BAD_ACK", f"{number} is acknowledged, {self.tx} was the last")
        self.acked = number

    def _dispatch(self, message: Message) -> None:
        self.log.append(message)
        handler = self.handlers.get(message["kind"])
        if handler is None:
            raise Violation("UNEXPECTED", f"{message['kind']} is not for this peer")
        handler(message)

    def _pong(self, message: Message) -> None:
        self.send({"kind": "PONG", "value": message["value"]})


def _ignore(_: Message) -> None:
    pass


def _distance(low: int, number: int) -> int:
    """Gives how far the nearest number with these low 16 bits is from a number."""
    return ((low - number + 0x8000) & 0xFFFF) - 0x8000
