"""Runs the vectors: what bytes mean, how it is written, and which bytes are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from .checks import same
from .conversations import check_conversation
from .limits import TO_SERVER, PayloadError
from .messages import Batch, decode_batch, encode_batch, encode_message, is_sequenced
from .notation import from_notation, shape
from .packed import canonical, layout_hash, pack, unpack
from .payload import decode_payload, encode_payload, parse_json, split_superjson
from .vector_json import from_json, head_of, to_json
from .violations import VIOLATIONS, Violation

Vector = Dict[str, Any]


def run_vectors(paths: List[Path]) -> bool:
    """Runs the files, prints what came of them, and tells whether all went well."""
    return all([_run_file(path) for path in paths])


def _run_file(path: Path) -> bool:
    vectors = json.loads(path.read_text("utf-8"))
    check = _format_of(vectors)
    if check is None:
        print(f"FAIL  {path.name}: its format is not known")
        return False
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
    return not failures


def _format_of(vectors: Any) -> Optional[Callable[[Vector], None]]:
    formats = [
        ({"hex", "head", "message"}, check_message),
        ({"hex", "head", "messages"}, check_batch),
        ({"hex", "violation"}, check_hostile),
        ({"hex", "encoding"}, check_value),
        ({"steps"}, check_conversation),
        ({"layout"}, check_packed),
        ({"parts", "canonical", "hash"}, check_layout),
    ]
    for keys, check in formats:
        if all({"name", *keys} <= vector.keys() for vector in vectors):
            return check
    return None


def check_message(vector: Vector) -> None:
    """Checks that the bytes say the message, and that the message is written as the bytes."""
    batch = decode_batch(bytes.fromhex(vector["hex"]))
    same("the head", head_of(batch), vector["head"])
    same("the messages", len(batch.messages), 1)
    sequenced, message = batch.messages[0]
    assert message is not None, "the message was skipped"
    same("the value", to_json(message), vector["message"])
    value = from_json(vector["message"])
    same("sequenced", sequenced, is_sequenced(value))
    same("the bytes", encode_batch(encode_message(value), **vector["head"]).hex(), vector["hex"])
    if message.get("encoding") == 2:
        payload = decode_payload(2, message["bytes"])
        same("the payload", shape(decode_payload(*encode_payload(payload))), shape(payload))


def check_batch(vector: Vector) -> None:
    """Checks that the bytes say the messages, also when they are written anew."""
    batch = decode_batch(bytes.fromhex(vector["hex"]))
    same("the head", head_of(batch), vector["head"])
    same("the messages", _told(batch), vector["messages"])
    known = [from_json(m) for m in vector["messages"] if m["kind"] != "SKIPPED"]
    head = {key: part for key, part in vector["head"].items() if key != "seq"}
    if any(is_sequenced(message) for message in known):
        head["seq"] = vector["head"]["seq"]
    if known:
        again = decode_batch(encode_batch(b"".join(map(encode_message, known)), **head))
        same("what is written", [m for _, m in again.messages], known)


def _told(batch: Batch) -> List[Any]:
    return [
        {"kind": "SKIPPED", "sequenced": sequenced} if message is None else to_json(message)
        for sequenced, message in batch.messages
    ]


def check_hostile(vector: Vector) -> None:
    """Checks that the bytes are refused, and for the reason that is given."""
    same("the code", VIOLATIONS[vector["violation"]][0], 4400)
    try:
        decode_batch(bytes.fromhex(vector["hex"]))
    except Violation as violation:
        same("the violation", violation.name, vector["violation"])
        return
    raise AssertionError(f"taken, though it is {vector['violation']}")


def check_value(vector: Vector) -> None:
    """Checks that a payload is read and written as it says, or refused, as by a server."""
    encoding, data = vector["encoding"], bytes.fromhex(vector["hex"])
    if vector.get("refused"):
        refused(lambda: decode_payload(encoding, data, TO_SERVER), vector["rule"])
        return
    value = decode_payload(encoding, data, TO_SERVER)
    wanted = from_notation(vector["value"])
    same("the value", shape(value), shape(wanted))
    if vector["written"]:
        written = encode_payload(wanted)
        same("the encoding", written[0], encoding)
        same("what is written", _parts(*written), _parts(encoding, data))


def check_packed(vector: Vector) -> None:
    """Checks that a packed value is read and written, or refused, as by a server."""
    layout = vector["layout"]
    if vector.get("fault"):
        refused(lambda: unpack(layout, bytes.fromhex(vector["hex"]), TO_SERVER), vector["rule"])
        return
    value = from_notation(vector["value"])
    if vector.get("refused"):
        refused(lambda: pack(layout, value), "a value that the layout does not take")
        return
    data = bytes.fromhex(vector["hex"])
    same("the value", shape(unpack(layout, data, TO_SERVER)), shape(value))
    same("written", pack(layout, value) == data, vector["written"])
    for size in range(0, len(data), 1 + len(data) // 100):
        refused(lambda: unpack(layout, data[:size], TO_SERVER), f"{size} bytes of it")


def check_layout(vector: Vector) -> None:
    """Checks the canonical text of layouts, and its hash."""
    same("the canonical text", canonical(vector["parts"]), vector["canonical"])
    same("the hash", f"{layout_hash(vector['parts']):016x}", vector["hash"])


def refused(act: Callable[[], Any], what: str) -> None:
    """Fails unless a payload is refused."""
    try:
        act()
    except PayloadError:
        return
    raise AssertionError(f"taken: {what}")


def _parts(encoding: int, data: bytes) -> Any:
    """Gives what is fixed of a payload: JSON leaves some freedom."""
    if encoding != 2:
        return data
    text, binaries = split_superjson(data)
    return shape(parse_json(text)), binaries
