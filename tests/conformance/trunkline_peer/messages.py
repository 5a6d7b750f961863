"""All messages of the protocol, and the batches that carry them."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import wire
from .extensions import Message
from .fields import (
    ERROR_CODE,
    PROCEDURE_NAME,
    Field,
    Fixed,
    Limits,
    OptionalVarint,
    Payload,
    Revisions,
    Secret,
    TailExt,
    Text,
    Varint,
    Word,
)
from .violations import Violation
from .wire import Reader

SEQ, ACK, NOW = 0x01, 0x02, 0x04
OPTIONAL, SEQUENCED = 0x80, 0x40
MAX_BATCH = 256 * 1024


class Params(Field):
    """What stands in SUBSCRIBE between its name and its ext: flags, params, hash, cursor, last."""

    def read(self, reader: Reader, message: Message) -> None:
        flags = reader.fixed(1)
        encoding = flags & 0x03
        if flags & ~0x1B or encoding in (1, 3):
            raise Violation("BAD_FLAGS", f"flags {flags:08b} of SUBSCRIBE")
        params = reader.take(reader.varint())
        if encoding == 0 and params:
            raise Violation("BAD_FIELD", "params of encoding none have bytes")
        message["params"] = {"encoding": encoding, "bytes": params}
        message["payloadHash"] = reader.fixed(8)
        if flags & 0x08:
            message["cursor"] = {"epoch": reader.fixed(8), "offset": reader.varint()}
        if flags & 0x10:
            message["last"] = reader.varint()
            if message["last"] > 10_000:
                raise Violation("BAD_FIELD", f"last {message['last']} is above 10,000")

    def write(self, message: Message) -> bytes:
        cursor, last = message.get("cursor"), message.get("last")
        params = message["params"]
        flags = params["encoding"] | (0x08 if cursor else 0) | (0 if last is None else 0x10)
        out = wire.fixed(flags, 1) + wire.blob(params["bytes"])
        out += wire.fixed(message["payloadHash"], 8)
        if cursor:
            out += wire.fixed(cursor["epoch"], 8) + wire.varint(cursor["offset"])
        return out if last is None else out + wire.varint(last)


class Piece(Field):
    """The flags, size and bytes of a CHUNK."""

    def read(self, reader: Reader, message: Message) -> None:
        flags = reader.fixed(1)
        if flags & ~0x07:
            raise Violation("BAD_FLAGS", f"flags {flags:08b} of CHUNK")
        for bit, name in enumerate(("isFirst", "isLast", "isAbort")):
            message[name] = bool(flags >> bit & 1)
        message["size"] = reader.varint() if message["isFirst"] else 0
        message["bytes"] = reader.rest()
        if message["isAbort"] and (flags != 0x04 or message["bytes"]):
            raise Violation("BAD_FLAGS", "ABORT stands alone and has no bytes")

    def write(self, message: Message) -> bytes:
        flags = message["isFirst"] | message["isLast"] << 1 | message["isAbort"] << 2
        size = wire.varint(message["size"]) if message["isFirst"] else b""
        return wire.fixed(flags, 1) + size + message["bytes"]


_GREETING = [Varint("ttlMs"), Varint("expiresInMs"), Varint("idleMs"), Limits("limits")]
_NAMES = [Revisions("revisions"), TailExt()]
_ENDING = [Text("code", 64, ERROR_CODE), Text("message", 1_024)]

FIELDS: Dict[str, Tuple[int, Sequence[Field]]] = {
    "HELLO": (0x01, [Varint("features"), Text("agent", 64), Text("token", 4_096), *_NAMES]),
    "WELCOME": (
        0x02,
        [Varint("features"), Text("session", 128), Secret("secret"), *_GREETING, *_NAMES],
    ),
    "RESUME": (
        0x03,
        [
            *(Varint("features"), Text("token", 4_096), Text("session", 128), Varint("attach")),
            *(Secret("secret"), Varint("rx"), Varint("first"), *_NAMES),
        ],
    ),
    "RESUMED": (0x04, [Varint("features"), Varint("rx"), *_GREETING, *_NAMES]),
    "GONE": (
        0x05,
        [
            Word(
                "reason",
                *("unknown", "expired", "overflow", "principal"),
                *("node", "drained", "codec", "revoked"),
            ),
            *(OptionalVarint("rx", 1), TailExt()),
        ],
    ),
    "GOAWAY": (
        0x06,
        [
            Word("reason", "stopping", "old", "spread"),
            *(Varint("afterMs"), Varint("windowMs"), TailExt()),
        ],
    ),
    "PING": (0x07, [Fixed("value", 4)]),
    "PONG": (0x08, [Fixed("value", 4)]),
    "AUTH": (0x09, [Text("token", 4_096), TailExt()]),
    "AUTHED": (0x0A, [Varint("expiresInMs"), TailExt()]),
    "CREDIT": (0x20, [Varint("id"), Varint("items"), Varint("bytes")]),
    "SUBSCRIBE": (0x21, [Varint("sub"), Text("name", 128, PROCEDURE_NAME), Params(), TailExt()]),
    "SUBSCRIBED": (
        0x22,
        [
            *(Varint("sub"), Varint("topic"), Word("state", "fresh", "recovered", "gap")),
            *(Fixed("epoch", 8), Varint("offset"), Varint("top"), TailExt()),
        ],
    ),
    "UNSUBSCRIBE": (0x23, [Varint("sub")]),
    "MESSAGE": (0x24, [Varint("topic"), Varint("offset"), Varint("skipped"), Payload()]),
    "GAP": (
        0x25,
        [
            *(Varint("sub"), Fixed("epoch", 8), Varint("from"), OptionalVarint("to", 0)),
            Word("reason", "overflow", "expired", "epoch", "slow", "limit", "layout"),
            TailExt(),
        ],
    ),
    "ENDED": (0x26, [Varint("sub"), *_ENDING, TailExt()]),
    "STALE": (0x27, [Varint("sub"), Word("reason", "unreachable", "checking"), TailExt()]),
    "BIND": (
        0x50,
        [
            *(Varint("procedure"), Word("procedureKind", "call", "stream", "publish")),
            *(Text("name", 128, PROCEDURE_NAME), Fixed("sendHash", 8), Fixed("receiveHash", 8)),
            TailExt(),
        ],
    ),
    "CALL": (0x51, [Varint("id"), Varint("procedure"), Payload(deadline=True)]),
    "RESULT": (0x52, [Varint("id"), Payload()]),
    "ERROR": (
        0x53,
        [Varint("id"), Payload([Word("executed", "no", "unknown", "yes"), *_ENDING])],
    ),
    "CANCEL": (
        0x54,
        [Varint("id"), Word("reason", "withdrawn", "deadline", "stopped", "failed")],
    ),
    "ITEM": (0x55, [Varint("id"), Payload()]),
    "END": (0x56, [Varint("id"), Payload()]),
    "CHUNK": (0x57, [Varint("transfer"), Piece()]),
    "VOID": (0x58, []),
}
_NAMES_BY_KIND = {kind: name for name, (kind, _) in FIELDS.items()}


class Batch(NamedTuple):
    """One batch as it came; messages that were skipped are None, and count when sequenced."""

    seq: Optional[int]
    ack: Optional[int]
    now: bool
    messages: List[Tuple[bool, Optional[Message]]]


def encode_message(message: Message) -> bytes:
    """Encodes a message with its kind and its size."""
    kind, fields = FIELDS[message["kind"]]
    return wire.fixed(kind, 1) + wire.blob(b"".join(field.write(message) for field in fields))


def is_sequenced(message: Message) -> bool:
    """Tells whether a message takes a number."""
    return bool(FIELDS[message["kind"]][0] & SEQUENCED)


def encode_batch(
    body: bytes, seq: Optional[int] = None, ack: Optional[int] = None, now: bool = False
) -> bytes:
    """Puts a head before encoded messages."""
    head = (0 if seq is None else SEQ) | (0 if ack is None else ACK) | (NOW if now else 0)
    numbers = (wire.fixed(n & 0xFFFF, 2) for n in (seq, ack) if n is not None)
    return wire.fixed(head, 1) + b"".join(numbers) + body


def decode_batch(data: bytes) -> Batch:
    """Decodes a whole batch, or refuses it as a whole with a Violation."""
    reader = Reader(data)
    head = reader.fixed(1)
    if head & ~0x07:
        raise Violation("BAD_HEAD", f"head {head:08b}")
    seq = reader.fixed(2) if head & SEQ else None
    ack = reader.fixed(2) if head & ACK else None
    if not reader.left and ack is None:
        raise Violation("EMPTY_BATCH", "neither a message nor an acknowledgement")
    messages: List[Tuple[bool, Optional[Message]]] = []
    while reader.left:
        kind = reader.fixed(1)
        if kind not in _NAMES_BY_KIND and not kind & OPTIONAL:
            raise Violation("UNKNOWN_KIND", f"kind {kind:02x}")
        messages.append((bool(kind & SEQUENCED), _decode_body(kind, reader.take(reader.varint()))))
    if any(sequenced for sequenced, _ in messages) != (seq is not None):
        raise Violation("BAD_HEAD", "SEQ is set exactly when there is a sequenced message")
    return Batch(seq, ack, bool(head & NOW), messages)


def _decode_body(kind: int, body: bytes) -> Optional[Message]:
    name = _NAMES_BY_KIND.get(kind)
    if name is None:
        return None
    reader = Reader(body)
    message: Message = {"kind": name}
    for field in FIELDS[name][1]:
        field.read(reader, message)
    reader.end()
    _check_offsets(message)
    return message


def _check_offsets(message: Message) -> None:
    kind = message["kind"]
    if kind == "MESSAGE" and message["skipped"] >= message["offset"]:
        raise Violation("BAD_OFFSET", "more is skipped than there was")
    if kind == "SUBSCRIBED" and message["top"] < message["offset"]:
        raise Violation("BAD_OFFSET", "top is behind offset")
    if kind == "GAP" and "to" in message and message["to"] < message["from"]:
        raise Violation("BAD_OFFSET", "a gap ends before it begins")
