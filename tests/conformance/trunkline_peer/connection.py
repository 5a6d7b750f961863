"""One connection: batches, numbers, acknowledgements, PING and silence."""

from __future__ import annotations

import time
from typing import Callable, Dict, List, Optional, Tuple

from .acknowledging import Acknowledging
from .alarms import Alarms
from .chunks import Transfers, cut
from .extensions import Message
from .group import Group
from .held import Held
from .messages import MAX_BATCH, decode_batch, encode_batch, encode_message, is_sequenced
from .payload import PACKED
from .silence import Silence
from .websocket import Closed, WebSocket
from .violations import Violation
from .wire import distance

PACKED_V1 = "trunkline.v1.packed"
SUPERJSON_V1 = "trunkline.v1.superjson"
ANY_VERSION = "trunkline"
WAIT = 5.0

_MOST_UNACKED = 16_384
_NOT_OFFERED = {"RESUMED", "GONE", "GOAWAY", "AUTHED", "BIND", "CALL", "CHUNK"}


class TimedOut(Exception):
    """Says what did not come in time."""


class Connection:
    """A WebSocket on which numbered messages are sent and received."""

    def __init__(self, url: str, protocols: Optional[List[str]] = None) -> None:
        self._url = url
        self._offered = [SUPERJSON_V1, ANY_VERSION] if protocols is None else protocols
        self.ws = self._open()
        self.on_end: Optional[Callable[[Closed], bool]] = None
        self.on_batch: Callable[[], None] = lambda: None
        self.group = Group([self])
        self._held = Held()
        self._waiting: List[Tuple[Message, ...]] = []
        self.alarms = Alarms()
        self._resuming = False
        self.handlers: Dict[str, Callable[[Message], None]] = {"PING": self._pong}
        self.handlers["PONG"] = lambda _: None
        self.log: List[Message] = []
        self.tx = self.acked = self.rx = 0
        self._acknowledging = Acknowledging()
        self.outstanding: Callable[[], bool] = lambda: False
        self.greeted = False
        self.acks = 0
        self.cuts = False
        self.transfers: Optional[Transfers] = None
        self._transfer = 0
        self._silence = Silence()

    def _open(self) -> WebSocket:
        ws = WebSocket(self._url, self._offered)
        if ws.protocol not in self._offered:
            raise ws.close(4406, "no version is spoken by both")
        return ws

    def reopen(self) -> None:
        """Makes another connection, on which nothing is written but by `write_first`."""
        self.greeted, self._resuming = False, True
        self.ws = self._open()
        self._silence, self._acknowledging = Silence(), Acknowledging()

    def write_first(self, message: Message) -> None:
        """Writes HELLO or RESUME, alone in its batch."""
        self.ws.send(encode_batch(encode_message(message)))

    def go_on(self, rx: int) -> None:
        """Writes again what the server does not have, and then what has waited."""
        self.greeted, self._resuming = True, False
        self._acknowledging.begin(self.rx)
        self._drop_held(rx)
        for number, message in enumerate(self._held.again(), self.acked + 1):
            self._write(encode_message(message), number, False)
        self._flush()

    def forget(self) -> None:
        """Begins a session anew: all numbers are 0, and nothing waits."""
        self.tx = self.acked = self.rx = 0
        self._acknowledging.begin(0)
        self._held.clear()
        self._waiting.clear()
        self._resuming = False
        self.transfers = None if self.transfers is None else Transfers()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for messages in waiting:
            self.send(*messages)

    def void(self, number: int) -> None:
        """Sees to it that the CALL with this number, or with this last piece, never runs."""
        self._held.void(number - self.acked - 1)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Does something when time has passed and batches are waited for."""
        self.alarms.set(seconds, act)

    def send(self, *messages: Message, now: bool = False) -> None:
        """Sends messages in one batch, with an acknowledgement if one is due."""
        if self._resuming:
            numbered = tuple(message for message in messages if is_sequenced(message))
            return self._waiting.append(numbered)
        sequenced = sum(is_sequenced(message) for message in messages)
        if sequenced and self.tx + sequenced - self.acked > _MOST_UNACKED // 2:
            now = True
            most = self.tx + sequenced - _MOST_UNACKED
            self.until(lambda: self.acked >= most, "an acknowledgement")
        if self.on_end is not None:
            for message in filter(is_sequenced, messages):
                self._held.add(message)
        self.send_body(b"".join(map(encode_message, messages)), sequenced, now)

    def send_large(self, message: Message) -> None:
        """Sends a message in chunks, of which at most three are not acknowledged."""
        self._transfer += 1
        for number, piece in enumerate(cut(message, self._transfer), 1):
            self.send(piece, now=number % 3 == 0)
            if number % 3 == 0:
                self.until(lambda: self.acked == self.tx, "an acknowledgement of chunks")

    def send_body(self, body: bytes, sequenced: int, now: bool = False) -> None:
        """Sends encoded messages, of which so many are sequenced, in one batch."""
        seq = self.tx + 1 if sequenced else None
        self.tx += sequenced
        self._write(body, seq, self._acknowledging.has_news(self.rx), now)

    def _write(self, body: bytes, seq: Optional[int], has_ack: bool, now: bool = False) -> None:
        ack = self.rx if has_ack else None
        if has_ack:
            self._acknowledging.told(self.rx)
        self.ws.send(encode_batch(body, seq, ack, now))

    def take_next(self, deadline: float) -> bool:
        """Acts on the next batch, or on the end, and tells whether there was one."""
        try:
            data = self.ws.receive(deadline)
        except Closed as closed:
            if self.on_end is None or not self.on_end(closed):
                raise
            return True
        if data is None:
            return False
        self._silence.broken()
        self._guarded(data)
        self.on_batch()
        return True

    def pump(self, deadline: float) -> bool:
        """Acts on what comes next to its group, and tells whether there was something in time."""
        return self.group.pump(deadline)

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

    def keep_time(self) -> float:
        """Writes what is due by the clock, and gives when to look again."""
        if time.monotonic() >= self._acknowledging.due_at:
            self._write(b"", None, True)
        waiting = self.greeted and (self.outstanding() or self.tx > self.acked)
        silence = self._silence.judge(self.greeted, waiting)
        if silence.sends_ping:
            self.send({"kind": "PING", "value": 1})
        if silence.is_dead:
            # The end shows when it is read.
            self.ws.cut()
        return min(silence.next_look, self._acknowledging.due_at, self.alarms.next_at)

    def _guarded(self, data: bytes) -> None:
        try:
            self._take(data)
        except Violation as violation:
            raise self.ws.close(violation.code, violation.reason) from violation

    def _take(self, data: bytes) -> None:
        if len(data) > MAX_BATCH:
            raise Violation("BATCH_TOO_BIG", f"{len(data)} bytes")
        batch = decode_batch(data)
        number = self.rx + 1
        if batch.seq is not None:
            number += distance(batch.seq, self.rx + 1)
            if not 1 <= number <= self.rx + 1:
                raise Violation("BAD_SEQ", f"number {number} behind {self.rx}")
        if batch.ack is not None:
            self.acks += 1
            self._take_ack(batch.ack)
        for sequenced, message in batch.messages:
            is_duplicate = sequenced and number <= self.rx
            number += sequenced
            self.rx = max(self.rx, number - 1)
            if message is not None and not is_duplicate:
                self._dispatch(message)
        if batch.seq is not None:
            self._acknowledging.came(len(data), self.rx)
        if batch.now or self._acknowledging.is_due(self.rx):
            self._write(b"", None, True)

    def _take_ack(self, low: int) -> None:
        number = self.acked + ((low - self.acked) & 0xFFFF)
        if number > self.tx:
            raise Violation("BAD_ACK", f"{number} is acknowledged, {self.tx} was the last")
        self._drop_held(number)

    def _drop_held(self, number: int) -> None:
        self._held.drop(number - self.acked)
        self.acked = number

    def _dispatch(self, message: Message) -> None:
        if message.get("encoding") == PACKED and self.ws.protocol != PACKED_V1:
            raise Violation("BAD_FLAGS", "a packed payload under another subprotocol")
        self.log.append(message)
        kind = message["kind"]
        if kind == "CHUNK" and self.transfers is not None and self.greeted:
            joined = self.transfers.take(message)
            return None if joined is None else self._dispatch(joined)
        handler = self.handlers.get(kind)
        if not self.greeted and kind not in ("PING", "WELCOME", "RESUMED", "GONE"):
            raise Violation("TOO_EARLY", f"{kind} before WELCOME")
        if handler is None:
            name = "NOT_OFFERED" if kind in _NOT_OFFERED else "WRONG_DIRECTION"
            raise Violation(name, kind)
        handler(message)

    def _pong(self, message: Message) -> None:
        self.send({"kind": "PONG", "value": message["value"]})
