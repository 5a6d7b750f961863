"""Fields that messages are made of; each reads itself into a message and writes itself from it."""

from __future__ import annotations

import re
from typing import List, Optional, Pattern, Sequence, Tuple

from . import wire
from .extensions import Message, read_extensions, write_extensions
from .violations import Violation
from .wire import Reader

PROCEDURE_NAME = re.compile(r"[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*){1,7}\Z")
ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]*\Z")
LIMITS: List[Tuple[str, int]] = [
    ("callsInFlight", 256),
    ("valueInBytes", 1_048_576),
    ("streams", 32),
    ("subscriptions", 1_024),
    ("upCreditItems", 16),
    ("upCreditBytes", 16_384),
    ("boundProcedures", 4_096),
]
EXT = 0x04


class Field:
    """A field with a name; reading and writing are said by what derives from it."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def read(self, reader: Reader, message: Message) -> None:
        """Reads the field and puts it into the message."""
        raise NotImplementedError

    def write(self, message: Message) -> bytes:
        """Writes the field of the message."""
        raise NotImplementedError


class Varint(Field):
    """A varint."""

    def read(self, reader: Reader, message: Message) -> None:
        message[self.name] = reader.varint()

    def write(self, message: Message) -> bytes:
        return wire.varint(message[self.name])


class OptionalVarint(Field):
    """A varint that is 0 when the value is not known; `shift` is added to one that is."""

    def __init__(self, name: str, shift: int) -> None:
        super().__init__(name)
        self.shift = shift

    def read(self, reader: Reader, message: Message) -> None:
        value = reader.varint()
        if value > 0:
            message[self.name] = value - self.shift

    def write(self, message: Message) -> bytes:
        value = message.get(self.name)
        return wire.varint(0 if value is None else value + self.shift)


class Fixed(Field):
    """An unsigned integer of a fixed size."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(name)
        self.size = size

    def read(self, reader: Reader, message: Message) -> None:
        message[self.name] = reader.fixed(self.size)

    def write(self, message: Message) -> bytes:
        return wire.fixed(message[self.name], self.size)


class Word(Field):
    """A u8 that stands for a word."""

    def __init__(self, name: str, *words: str) -> None:
        super().__init__(name)
        self.words = words

    def read(self, reader: Reader, message: Message) -> None:
        value = reader.fixed(1)
        if value >= len(self.words):
            raise Violation("BAD_FIELD", f"{self.name} {value} has no meaning")
        message[self.name] = self.words[value]

    def write(self, message: Message) -> bytes:
        return wire.fixed(self.words.index(message[self.name]), 1)


class Text(Field):
    """A text with a bound and, perhaps, a grammar."""

    def __init__(self, name: str, most: int, grammar: Optional[Pattern[str]] = None) -> None:
        super().__init__(name)
        self.most = most
        self.grammar = grammar

    def read(self, reader: Reader, message: Message) -> None:
        value = reader.text(self.most)
        if self.grammar is not None and not self.grammar.match(value):
            raise Violation("BAD_FIELD", f"{self.name} {value!r}")
        message[self.name] = value

    def write(self, message: Message) -> bytes:
        return wire.text(message[self.name])


class Secret(Field):
    """The 32 bytes that prove a RESUME, or none."""

    def read(self, reader: Reader, message: Message) -> None:
        size = reader.varint()
        if size not in (0, 32):
            raise Violation("BAD_FIELD", f"a secret of {size} bytes")
        message[self.name] = reader.take(size)

    def write(self, message: Message) -> bytes:
        return wire.blob(message[self.name])


class Revisions(Field):
    """Names and revisions of contracts."""

    def read(self, reader: Reader, message: Message) -> None:
        count = reader.varint()
        if count > 64:
            raise Violation("BAD_FIELD", f"{count} contracts, at most 64 are allowed")
        message[self.name] = [
            {"name": reader.text(128), "revision": reader.fixed(8)} for _ in range(count)
        ]

    def write(self, message: Message) -> bytes:
        pairs = message[self.name]
        each = (wire.text(pair["name"]) + wire.fixed(pair["revision"], 8) for pair in pairs)
        return wire.varint(len(pairs)) + b"".join(each)


class Limits(Field):
    """What a server allows; limits at their default are not written."""

    def read(self, reader: Reader, message: Message) -> None:
        limits = dict(LIMITS)
        for _ in range(reader.varint()):
            tag, value = reader.fixed(1), reader.varint()
            if 1 <= tag <= len(LIMITS):
                limits[LIMITS[tag - 1][0]] = value
        message[self.name] = limits

    def write(self, message: Message) -> bytes:
        limits = message[self.name]
        tagged = [(tag, limits[name], value) for tag, (name, value) in enumerate(LIMITS, 1)]
        other = [(tag, limit) for tag, limit, value in tagged if limit != value]
        each = (wire.fixed(tag, 1) + wire.varint(limit) for tag, limit in other)
        return wire.varint(len(other)) + b"".join(each)


class TailExt(Field):
    """An ext that is there if bytes are left."""

    def read(self, reader: Reader, message: Message) -> None:
        if reader.left:
            message.update(read_extensions(reader))

    def write(self, message: Message) -> bytes:
        return write_extensions(message)


class Payload(Field):
    """Flags, the fields that stand between them and the payload, an ext, and the payload."""

    def __init__(self, between: Sequence[Field] = (), deadline: bool = False) -> None:
        super().__init__()
        self.between = between
        self.deadline = 0x08 if deadline else 0

    def read(self, reader: Reader, message: Message) -> None:
        flags = reader.fixed(1)
        encoding = flags & 0x03
        if flags & ~(0x03 | EXT | self.deadline):
            raise Violation("BAD_FLAGS", f"flags {flags:08b}")
        for field in self.between:
            field.read(reader, message)
        if flags & self.deadline:
            message["deadlineMs"] = reader.fixed(4)
        if flags & EXT:
            message.update(read_extensions(reader))
        if encoding == 0:
            reader.end()
        message["encoding"] = encoding
        message["bytes"] = reader.rest()

    def write(self, message: Message) -> bytes:
        ext = write_extensions(message)
        flags = message["encoding"] | (EXT if ext else 0)
        deadline = b""
        if "deadlineMs" in message:
            flags |= self.deadline
            deadline = wire.fixed(message["deadlineMs"], 4)
        between = b"".join(field.write(message) for field in self.between)
        return wire.fixed(flags, 1) + between + deadline + ext + message["bytes"]
