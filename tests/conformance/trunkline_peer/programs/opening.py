"""How a program opens its session, and tells what comes of what it does."""

from __future__ import annotations

from typing import Any, Callable

from ..call import CallError
from ..chunks import CHUNK_FEATURE
from ..moving import GOAWAY_FEATURE
from ..resumption import RESUME_FEATURE
from ..session import Session
from ..values import UNDEFINED
from .telling import tell

Program = Callable[[str], None]
FEATURES = RESUME_FEATURE | CHUNK_FEATURE | GOAWAY_FEATURE


def open_session(url: str) -> Session:
    """Opens a session that can be resumed and moved."""
    return Session.open(url, features=FEATURES)


def tell_outcome(act: Callable[[], Any], name: str = "result") -> None:
    """Tells what something gives, or the error with which it fails."""
    try:
        tell(**{name: act()})
    except CallError as error:
        data = {} if error.data is UNDEFINED else {"data": error.data}
        tell(error={"code": error.code, "executed": error.executed, **data})


def echo(session: Session, text: str) -> None:
    """Calls `probe.echo`, and tells its result."""
    tell_outcome(lambda: session.call("probe.echo", {"text": text}))
