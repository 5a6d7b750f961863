"""Messages and heads as the vectors write them in JSON."""

from __future__ import annotations

from typing import Any, Dict

from .messages import Batch

_HEXADECIMAL = {"revision", "sendHash", "receiveHash", "payloadHash", "epoch"}


def head_of(batch: Batch) -> Dict[str, Any]:
    """Gives the head of a batch; what is not in it is left out."""
    head = {"seq": batch.seq, "ack": batch.ack, "now": batch.now or None}
    return {name: value for name, value in head.items() if value is not None}


def to_json(value: Any, key: str = "") -> Any:
    """Writes a message as the vectors do."""
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, dict):
        return {name: to_json(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [to_json(part) for part in value]
    return f"{value:016x}" if key in _HEXADECIMAL else value


def from_json(value: Any, key: str = "") -> Any:
    """Reads a message as the vectors write it."""
    if isinstance(value, dict):
        if "$hex" in value:
            return bytes.fromhex(value["$hex"])
        return {name: from_json(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [from_json(part) for part in value]
    return int(value, 16) if key in _HEXADECIMAL else value
