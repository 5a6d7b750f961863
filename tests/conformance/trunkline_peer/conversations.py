"""Checks the conversations of the vectors: each step's bytes, numbers and closing code."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from .checks import same
from .extensions import Message
from .messages import FIELDS, decode_batch, encode_batch, encode_message
from .notation import from_notation
from .payload import encode_payload
from .values import UNDEFINED
from .vector_json import from_json, head_of
from .violations import CLOSE_CODES, Violation

_WITH_PAYLOAD = {"CALL", "RESULT", "ERROR", "ITEM", "END", "MESSAGE"}
Step = Dict[str, Any]


def check_conversation(vector: Dict[str, Any]) -> None:
    """Checks that each step says what its bytes say, and that its bytes are written from it."""
    steps: List[Step] = vector["steps"]
    numbers = _Connections()
    for step, following in zip(steps, [*steps[1:], {}]):
        if "hex" in step:
            _check_batch(step)
        if "bytes" in step:
            _check_bytes(step, following)
        if "close" in step:
            is_cut = step["close"] == "cut"
            assert is_cut or step["close"] in CLOSE_CODES, f"the code {step['close']}"
        numbers.take(step)


def _check_batch(step: Step) -> None:
    data = bytes.fromhex(step["hex"])
    messages = [_complete(message) for message in _messages(step)]
    batch = decode_batch(data)
    same(f"the head of {step['says']}", head_of(batch), step["head"])
    same(step["says"], [message for _, message in batch.messages], messages)
    written = encode_batch(b"".join(encode_message(m) for m in messages), **step["head"])
    same(f"the bytes of {step['says']}", written.hex(), step["hex"])


def _messages(step: Step) -> List[Message]:
    """Gives the messages of a step; of many alike, the one that its bytes have."""
    if "items" in step:
        return [{"kind": "ITEM", "id": step["items"]["id"], "value": step["items"]["first"]}]
    if "calls" in step:
        return [{"kind": "CALL", "id": 0, "procedure": step["calls"]["procedure"]}]
    return step["messages"]


def _complete(told: Message) -> Message:
    message = from_json({key: part for key, part in told.items() if key != "value"})
    if told["kind"] in ("PING", "PONG"):
        message["value"] = told["value"]
    elif told["kind"] == "SUBSCRIBE":
        encoding, data = encode_payload(_value(told, "params"))
        message["params"] = {"encoding": encoding, "bytes": data}
    elif told["kind"] in _WITH_PAYLOAD and "encoding" not in told:
        message["encoding"], message["bytes"] = encode_payload(_value(told, "value"))
    return message


def _value(told: Message, name: str) -> Any:
    return from_notation(told[name]) if name in told else UNDEFINED


def _check_bytes(step: Step, following: Step) -> None:
    refused: Optional[Violation] = None
    try:
        batch = decode_batch(bytes.fromhex(step["bytes"]))
        sequenced = sum(is_sequenced for is_sequenced, _ in batch.messages)
        same(f"numbers of {step['says']}", sequenced, step.get("sequenced", 0))
    except Violation as violation:
        refused = violation
    is_answered = following.get("close") == 4400 and following["from"] != step["from"]
    same(f"whether {step['says']} is refused", refused is not None, is_answered)


class _Connections:
    """The numbers of a session over its connections, of which there may be two at a time."""

    def __init__(self) -> None:
        self._numbers, self._before = _Numbers(), _Numbers()
        self._older: Optional[_Numbers] = None

    def take(self, step: Step) -> None:
        """Checks the head of a step and the numbers that it tells, and counts its messages."""
        if step.get("on") == "older":
            self._older = None
            return
        if "close" in step or "opens" in step:
            if self._numbers.has_session():
                self._before = self._numbers
            older, self._older = self._older, self._numbers if "opens" in step else None
            self._numbers = _Numbers() if older is None or "opens" in step else older
        for message in [] if step.get("exact") else step.get("messages", []):
            self._check_place(message, step["says"])
        self._numbers.take(step)

    def _check_place(self, message: Message, says: str) -> None:
        before = self._before
        if message["kind"] == "RESUME":
            same(f"rx of {says}", message["rx"], before.received["client"])
            same(f"first of {says}", message["first"], before.acked["client"] + 1)
        elif message["kind"] in ("RESUMED", "GONE") and "rx" in message:
            same(f"rx of {says}", message["rx"], before.received["server"])
        if message["kind"] == "RESUMED":
            self._numbers = before.resumed()


class _Numbers:
    """The numbers that each side has given and acknowledged; both are 0 with each WELCOME."""

    def __init__(self) -> None:
        self.sent = {"client": 0, "server": 0}
        self.acked = {"client": 0, "server": 0}
        self.received = {"client": 0, "server": 0}

    def has_session(self) -> bool:
        """Tells whether anything was given a number."""
        return any(self.sent.values())

    def resumed(self) -> _Numbers:
        """Gives the numbers of the next connection: what did not come is to be written again."""
        numbers = _Numbers()
        numbers.received = dict(self.received)
        for side, other in (("client", "server"), ("server", "client")):
            numbers.sent[side] = numbers.acked[side] = self.received[other]
        return numbers

    def take(self, step: Step) -> None:
        """Checks the head of a step, and counts its messages."""
        side = step["from"]
        other = "server" if side == "client" else "client"
        head = step.get("head", {})
        if step.get("again"):
            self.sent[side] -= _sequenced(step)
        if "seq" in head:
            same(f"seq of {step['says']}", head["seq"], (self.sent[side] + 1) & 0xFFFF)
        if "ack" in head and not step.get("lost"):
            fits = self.acked[other] <= head["ack"] <= self.sent[other]
            assert fits, f"ack {head['ack']} of {step['says']}"
            self.acked[other] = head["ack"]
        self.sent[side] += _sequenced(step)
        if not step.get("lost"):
            self.received[other] = max(self.received[other], self.sent[side])


def _sequenced(step: Step) -> int:
    for many in ("items", "calls"):
        if many in step:
            return step[many]["count"]
    numbered = [m for m in step.get("messages", []) if FIELDS[m["kind"]][0] & 0x40]
    return len(numbered) + step.get("sequenced", 0)
