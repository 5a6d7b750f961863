"""One connection: batches, numbers, acknowledgements, PING and silence."""

from __future__ import annotations

import time
from collections import deque
from typing import Callable, Deque, Dict, List, Optional, Tuple

from .chunks import Transfers, abort, cut
from .extensions import Message
from .messages import MAX_BATCH, decode_batch, encode_batch, encode_message, is_sequenced
from .payload import PACKED
from .websocket import Closed, WebSocket
from .violations import Violation

PACKED_V1 = "trunkline.v1.packed"
SUPERJSON_V1 = "trunkline.v1.superjson"
ANY_VERSION = "trunkline"
WAIT = 5.0

_PING_AFTER, _DEAD_OUTSTANDING, _DEAD, _DEAD_HELLO = 4.0, 8.0, 35.0, 40.0
_ACK_MESSAGES, _ACK_BYTES, _ACK_AFTER = 32, 64 * 1024, 0.2
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
        self._held: Deque[Tuple[Message, float]] = deque()
        self._waiting: List[Tuple[Message, ...]] = []
        self._alarms: List[Tuple[float, Callable[[], None]]] = []
        self._resuming = False
        self.handlers: Dict[str, Callable[[Message], None]] = {"PING": self._pong, "PONG": _ignore}
        self.log: List[Message] = []
        self.tx = self.acked = self.rx = 0
        self._told = 0
        self._untold_bytes = 0
        self._ack_due: Optional[float] = None
        self.outstanding: Callable[[], bool] = lambda: False
        self.greeted = False
        self.acks = 0
        self.cuts = False
        self.transfers: Optional[Transfers] = None
        self._transfer = 0
        self._heard = self._asked = time.monotonic()
        self._waiting_since: Optional[float] = None

    def _open(self) -> WebSocket:
        ws = WebSocket(self._url, self._offered)
        if ws.protocol not in self._offered:
            raise ws.close(4406, "no version is spoken by both")
        return ws

    def reopen(self) -> None:
        """Makes another connection, on which nothing is written but by `write_first`."""
        self.greeted, self._resuming = False, True
        self.ws = self._open()
        self._heard = self._asked = time.monotonic()
        self._waiting_since = self._ack_due = None

    def write_first(self, message: Message) -> None:
        """Writes HELLO or RESUME, alone in its batch."""
        self.ws.send(encode_batch(encode_message(message)))

    def go_on(self, rx: int) -> None:
        """Writes again what the server does not have, and then what has waited."""
        self.greeted, self._resuming = True, False
        self._told = self.rx
        self._drop_held(rx)
        for number, (message, written) in enumerate(self._held, self.acked + 1):
            self._write(encode_message(_later(message, written)), number, False)
        self._flush()

    def forget(self) -> None:
        """Begins a session anew: all numbers are 0, and nothing waits."""
        self.tx = self.acked = self.rx = self._told = 0
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
        if self.acked < number <= self.acked + len(self._held):
            message, written = self._held[number - self.acked - 1]
            is_piece = message["kind"] == "CHUNK"
            instead = abort(message["transfer"]) if is_piece else {"kind": "VOID"}
            self._held[number - self.acked - 1] = (instead, written)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Does something when time has passed and batches are waited for."""
        self._alarms.append((time.monotonic() + seconds, act))

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
            written = time.monotonic()
            self._held.extend((message, written) for message in messages if is_sequenced(message))
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
        self._write(body, seq, self.rx > self._told, now)

    def _write(self, body: bytes, seq: Optional[int], has_ack: bool, now: bool = False) -> None:
        ack = self.rx if has_ack else None
        if has_ack:
            self._told, self._untold_bytes, self._ack_due = self.rx, 0, None
        self.ws.send(encode_batch(body, seq, ack, now))

    def pump(self, deadline: float) -> bool:
        """Takes the next batch and acts on it; tells whether one came before the deadline."""
        while True:
            alarm = self._on_time()
            try:
                data = self.ws.receive(min(deadline, alarm))
            except Closed as closed:
                if self.on_end is None or not self.on_end(closed):
                    raise
                continue
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
        due = [act for when, act in self._alarms if when <= now]
        self._alarms = [alarm for alarm in self._alarms if alarm[0] > now]
        for act in due:
            act()
        if self._ack_due is not None and now >= self._ack_due:
            self._write(b"", None, True)
        waiting = self.greeted and (self.outstanding() or self.tx > self.acked)
        self._waiting_since = (self._waiting_since or now) if waiting else None
        silent_since = max(self._heard, self._waiting_since or 0.0)
        dead = self._heard + (_DEAD if self.greeted else _DEAD_HELLO)
        alarms = [dead, *(when for when, _ in self._alarms), *([] if self._ack_due is None else [self._ack_due])]
        if waiting:
            dead = min(dead, silent_since + _DEAD_OUTSTANDING)
            if self._asked < silent_since and now - silent_since >= _PING_AFTER:
                self._asked = now
                self.send({"kind": "PING", "value": 1})
            alarms += [dead, *([silent_since + _PING_AFTER] if self._asked < silent_since else [])]
        if now >= dead:
            # The end shows when it is read.
            self.ws.cut()
        return min(alarms)

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
            number += _distance(batch.seq, self.rx + 1)
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
            self._plan_ack(len(data))
        is_due = self.rx - self._told >= _ACK_MESSAGES or self._untold_bytes >= _ACK_BYTES
        if batch.now or (is_due and self.rx > self._told):
            self._write(b"", None, True)

    def _plan_ack(self, size: int) -> None:
        self._untold_bytes += size
        if self._ack_due is None and self.rx > self._told:
            self._ack_due = time.monotonic() + _ACK_AFTER

    def _take_ack(self, low: int) -> None:
        number = self.acked + ((low - self.acked) & 0xFFFF)
        if number > self.tx:
            raise Violation("BAD_ACK", f"{number} is acknowledged, {self.tx} was the last")
        self._drop_held(number)

    def _drop_held(self, number: int) -> None:
        for _ in range(min(number - self.acked, len(self._held))):
            self._held.popleft()
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


def _later(message: Message, written: float) -> Message:
    """Tells what remains of the deadline of a CALL that is written again."""
    if message["kind"] != "CALL" or "deadlineMs" not in message:
        return message
    passed = int((time.monotonic() - written) * 1000)
    return {**message, "deadlineMs": max(0, message["deadlineMs"] - passed)}


def _ignore(_: Message) -> None:
    pass


def _distance(low: int, number: int) -> int:
    """Gives how far the nearest number with these low 16 bits is from a number."""
    return ((low - number + 0x8000) & 0xFFFF) - 0x8000
