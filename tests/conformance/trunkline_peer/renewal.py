"""Another token within a session: AUTH, and the answers to it."""

from __future__ import annotations

from typing import List

from .connection import Connection
from .extensions import Message

AUTH_FEATURE = 4


class Renewal:
    """Renews the authentication of a session whose HELLO sets AUTH."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sent = 0
        self.ends: List[int] = []
        connection.handlers["AUTHED"] = self._authed

    def send(self, *tokens: str) -> None:
        """Sends AUTHs in one batch, without waiting for their answers."""
        self._sent += len(tokens)
        self._connection.send(*({"kind": "AUTH", "token": token} for token in tokens))

    def wait(self) -> List[int]:
        """Waits until all are answered; gives after how many milliseconds each has its end."""
        self._connection.until(lambda: len(self.ends) == self._sent, "AUTHED")
        return self.ends

    def _authed(self, message: Message) -> None:
        # One that nothing was asked for means nothing.
        if len(self.ends) < self._sent:
            self.ends.append(message["expiresInMs"])
