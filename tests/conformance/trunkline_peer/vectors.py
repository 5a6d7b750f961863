"""Runs the vectors: what bytes mean, and which bytes are refused under which name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from .messages import decode_batch, encode_batch, encode_message, is_sequenced
from .payload import PayloadError, decode_payload, encode_payload
from .wire import Violation

_HEXADECIMAL = {"revision", "sendHash", "receiveHash", "payloadHash", "epoch"}


def run_vectors(paths: List[Path]) -> bool:
    """Runs the files, prints what came of them, and tells whether all went well."""
    well = True
    for path in paths:
        vectors = json.loads(path.read_text("utf-8"))
        check = _format_of(vectors)
        if check is None:
            print(f"skip  {path.name}: its format is not known")
            continue
        failures = []
        for vector in vectors:
            try:
                check(vector)
            except (AssertionError, Violation, PayloadError) as error:
                failures.append(f"{vector['name']}: {error}")
        for failure in failures:
            print(f"FAIL  {path.name}: {failure}")
        good = len(vectors) - len(failures)
        print(f"{'FAIL' if failures else 'ok'}    {path.name}: {good} of {len(vectors)} vectors")
        well = well and not failures
    return well


def _format_of(vectors: Any) -> Any:
    if not isinstance(vectors, list) or not all(isinstance(v, dict) for v in vectors):
        return None
    if all({"name", "hex", "head", "message"} <= v.keys() for v in vectors):
        return check_message
    if all({"name", "hex", "violation"} == v.keys() for v in vectors):
        return check_hostile
    return None


def check_message(vector: Dict[str, Any]) -> None:
    """Checks that the bytes give the value, and the value the bytes."""
    batch = decode_batch(bytes.fromhex(vector["hex"]))
    head = {"seq": batch.seq, "ack": batch.ack, "now": batch.now or None}
    head = {name: value for name, value in head.items() if value is not None}
    _same("head", head, vector["head"])
    _same("messages", len(batch.messages), 1)
    sequenced, message = batch.messages[0]
    assert message is not None, "the message was skipped"
    _same("value", _to_json(message), vector["message"])
    value = _from_json(vector["message"])
    _same("sequenced", sequenced, is_sequenced(value))
    _same("bytes", encode_batch(encode_message(value), **vector["head"]).hex(), vector["hex"])
    if message.get("encoding") == 2:
        _check_payload(message["bytes"])


def check_hostile(vector: Dict[str, Any]) -> None:
    """Checks that the bytes are refused, and for the reason that is given."""
    try:
        decode_batch(bytes.fromhex(vector["hex"]))
    except Violation as violation:
        _same("violation", violation.name, vector["violation"])
        return
    raise AssertionError(f"taken, though it is {vector['violation']}")


def _check_payload(data: bytes) -> None:
    value = decode_payload(2, data)
    _same("payload", decode_payload(*encode_payload(value)), value)


def _same(what: str, got: Any, wanted: Any) -> None:
    assert got == wanted, f"{what} is {got!r}, not {wanted!r}"


def _to_json(value: Any, key: str = "") -> Any:
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, dict):
        return {name: _to_json(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_to_json(part) for part in value]
    return f"{value:016x}" if key in _HEXADECIMAL else value


def _from_json(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        if "$hex" in value:
            return bytes.fromhex(value["$hex"])
        return {name: _from_json(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_from_json(part) for part in value]
    return int(value, 16) if key in _HEXADECIMAL else value
