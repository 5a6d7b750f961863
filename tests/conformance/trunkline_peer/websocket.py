"""A WebSocket client: the upgrade over HTTP/1.1, messages, and the closing handshake."""

from __future__ import annotations

import base64
import hashlib
import os
import select
import socket
import struct
import time
from typing import List, Optional, Sequence
from urllib.parse import SplitResult, urlsplit

from .frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, frame

_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CUT = 1006
_MOST, _MOST_FRAGMENTS, _MOST_SECONDS = 256 * 1024, 64, 10.0
_MOST_HEAD = 16_384


class UpgradeRefused(Exception):
    """Says with which HTTP status the upgrade was refused."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the upgrade was refused with HTTP status {status}")
        self.status = status


class Closed(Exception):
    """Says that the WebSocket has closed, with which code and for what reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class WebSocket:
    """An open WebSocket; nothing is read but in `receive`."""

    def __init__(self, url: str, protocols: List[str], *headers: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "ws" or parts.hostname is None:
            raise ValueError(f"an address begins with ws://, not {url!r}")
        address = (parts.hostname, parts.port or 80)
        self._socket = socket.create_connection(address, 5.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._fragments: Optional[List[bytes]] = None
        self._began: Optional[float] = None
        self._closing = False
        self._closed: Optional[Closed] = None
        try:
            self.protocol = self._upgrade(parts, protocols, headers)
        except BaseException:
            self._socket.close()
            raise

    def _upgrade(
        self, parts: SplitResult, protocols: List[str], more: Sequence[str]
    ) -> Optional[str]:
        key = base64.b64encode(os.urandom(16))
        lines = [
            *(f"GET {_target(parts)} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket"),
            *("Connection: Upgrade", f"Sec-WebSocket-Key: {key.decode()}"),
            *("Sec-WebSocket-Version: 13", *more),
        ]
        if protocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(protocols)}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        while b"\r\n\r\n" not in self._buffer:
            more = self._socket.recv(4096)
            if not more:
                raise ConnectionError("the connection ended within the upgrade")
            self._buffer += more
            if len(self._buffer) > _MOST_HEAD:
                raise ConnectionError(f"the answer to the upgrade has more than {_MOST_HEAD} bytes")
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        status, *rest = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in rest)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        if status.split(" ")[1] != "101":
            raise UpgradeRefused(int(status.split(" ")[1]))
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest()).decode()
        if headers.get("sec-websocket-accept") != accept:
            raise ConnectionError("the upgrade was answered for another key")
        if "sec-websocket-extensions" in headers:
            raise ConnectionError("an extension was accepted that was not offered")
        return headers.get("sec-websocket-protocol")

    def fileno(self) -> int:
        """Gives the number of the socket, by which it can be waited for."""
        return self._socket.fileno()

    def send(self, payload: bytes, opcode: int = BINARY) -> None:
        """Sends one whole message or control frame."""
        self.write(frame(payload, opcode))

    def write(self, data: bytes) -> None:
        """Writes bytes to the connection as they are; a lost connection shows when it is read."""
        try:
            self._socket.settimeout(5.0)
            self._socket.sendall(data)
        except OSError:
            pass

    def receive(self, deadline: float) -> Optional[bytes]:
        """Gives the next binary message, or None at the deadline; raises Closed at the end."""
        while self._closed is None:
            got = self._next_frame(deadline)
            if got is None:
                return None
            message = self._take(got)
            if message is not None:
                return message
        raise self._closed

    def _next_frame(self, deadline: float) -> Optional[Frame]:
        while True:
            got = self._parse_frame()
            if got is not None:
                self._began = None if self._fragments is None else self._began
                return got
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._socket], [], [], max(0.0, left))
            if not ready:
                return None
            try:
                more = self._socket.recv(65536)
            except OSError:
                more = b""
            if not more:
                self._end(CUT, "")
            self._buffer += more
            self._check_time()

    def _check_time(self) -> None:
        self._began = self._began or time.monotonic()
        if time.monotonic() - self._began > _MOST_SECONDS:
            self._fail(1008, "message unfinished for too long")

    def _parse_frame(self) -> Optional[Frame]:
        if len(self._buffer) < 2:
            return None
        first, second = self._buffer[0], self._buffer[1]
        if first & 0x70 or second & 0x80:
            self._fail(1002, "a reserved bit, or a mask from a server")
        size, at = second & 0x7F, 2
        if size > 125:
            at = 4 if size == 126 else 10
            if len(self._buffer) < at:
                return None
            size = int.from_bytes(self._buffer[2:at], "big")
        if size > _MOST or (first & 0x08 and (size > 125 or not first & 0x80)):
            self._fail(1009 if size > _MOST else 1002, "a frame that is too large")
        if len(self._buffer) < at + size:
            return None
        payload = self._buffer[at : at + size]
        self._buffer = self._buffer[at + size :]
        return Frame(bool(first & 0x80), first & 0x0F, payload)

    def _take(self, got: Frame) -> Optional[bytes]:
        if got.opcode == PING:
            self.send(got.payload, PONG)
        elif got.opcode == CLOSE:
            self._take_close(got.payload)
        elif got.opcode in (BINARY, CONTINUATION):
            if (got.opcode == CONTINUATION) != (self._fragments is not None):
                self._fail(1002, "a fragment out of place")
            self._fragments = [*(self._fragments or []), got.payload]
            self._began = self._began or time.monotonic()
            if len(self._fragments) > _MOST_FRAGMENTS:
                self._fail(1008, "too many fragments")
            if sum(map(len, self._fragments)) > _MOST:
                self._fail(1009, "batch too big")
            if got.fin:
                self._began = None
                whole, self._fragments = b"".join(self._fragments), None
                return whole
        elif got.opcode == TEXT:
            self._fail(4400, "text message")
        elif got.opcode != PONG:
            self._fail(1002, "an opcode that is not known")
        return None

    def _take_close(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else CUT
        if not self._closing:
            self._closing = True
            self.send(payload[:2], CLOSE)
        self._end(code, payload[2:].decode("utf-8", "replace"))

    def _fail(self, code: int, reason: str) -> None:
        raise self.close(code, reason)

    def _end(self, code: int, reason: str) -> None:
        self._closed = self._closed or Closed(code, reason)
        self._socket.close()
        raise self._closed

    def close(self, code: int, reason: str = "", timeout: float = 2.0) -> Closed:
        """Closes with a code, waits for the answer for a while, and gives how it has ended."""
        if self._closed is not None:
            return self._closed
        if not self._closing:
            self._closing = True
            self.send(struct.pack("!H", code) + reason.encode("ascii"), CLOSE)
        deadline = time.monotonic() + timeout
        try:
            while self._next_frame_while_closing(deadline):
                pass
        except Closed:
            pass
        self._socket.close()
        if self._closed is None or self._closed.code in (CUT, code):
            self._closed = Closed(code, reason)
        return self._closed

    def _next_frame_while_closing(self, deadline: float) -> bool:
        got = self._next_frame(deadline)
        if got is not None and got.opcode == CLOSE:
            self._take_close(got.payload)
        return got is not None

    def cut(self) -> None:
        """Cuts the connection hard, as a network does."""
        if self._closed is not None:
            return
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self._closed = Closed(CUT, "")


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
