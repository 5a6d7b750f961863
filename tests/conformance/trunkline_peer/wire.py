"""Values of the wire: varints, text and fixed integers."""

from __future__ import annotations

from typing import Optional

from .violations import Violation

MAX_VARINT = 2**53 - 1


class Reader:
    """Reads values from bytes, and never past their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """Takes exactly so many bytes."""
        if count > self.left:
            raise Violation("TRUNCATED", f"{count} bytes are wanted, {self.left} are left")
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def rest(self) -> bytes:
        """Takes all the bytes that are left."""
        return self.take(self.left)

    def fixed(self, size: int) -> int:
        """Reads an unsigned integer of so many bytes, little endian."""
        return int.from_bytes(self.take(size), "little")

    def varint(self) -> int:
        """Reads unsigned LEB128 in its shortest form, at most 2^53 - 1."""
        value = 0
        for index in range(8):
            byte = self.fixed(1)
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                if byte == 0 and index > 0:
                    raise Violation("BAD_VARINT", "not in its shortest form")
                if value > MAX_VARINT:
                    raise Violation("BAD_VARINT", f"{value} is above 2^53 - 1")
                return value
        raise Violation("BAD_VARINT", "longer than 2^53 - 1 can be")

    def text(self, most: Optional[int] = None) -> str:
        """Reads a count of bytes and as many bytes of UTF-8, within a bound."""
        return decode_text(self.take(self.varint()), most)

    def end(self) -> None:
        """Checks that nothing is left."""
        if self.left > 0:
            raise Violation("TRAILING", f"{self.left} bytes are left")


def decode_text(data: bytes, most: Optional[int] = None) -> str:
    """Decodes well-formed UTF-8 of at most so many bytes."""
    if most is not None and len(data) > most:
        raise Violation("BAD_FIELD", f"a text of {len(data)} bytes, at most {most} are allowed")
    try:
        return data.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Violation("BAD_TEXT", str(error)) from None


def varint(value: int) -> bytes:
    """Writes an unsigned LEB128 in its shortest form."""
    if not 0 <= value <= MAX_VARINT:
        raise ValueError(f"a varint is an integer from 0 to 2^53 - 1, not {value}")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(data: bytes) -> bytes:
    """Writes a count of bytes, and the bytes."""
    return varint(len(data)) + data


def text(value: str) -> bytes:
    """Writes a count of bytes, and the text as UTF-8."""
    return blob(value.encode("utf-8"))


def fixed(value: int, size: int) -> bytes:
    """Writes an unsigned integer of so many bytes, little endian."""
    return value.to_bytes(size, "little")


def distance(low: int, number: int) -> int:
    """Gives how far the nearest number with these low 16 bits is from a number."""
    return ((low - number + 0x8000) & 0xFFFF) - 0x8000
