"""The programs of a client under test: one conversation, told in JSON lines on standard output."""

from __future__ import annotations

import sys
from typing import Dict

from ..call import CallError
from ..connection import TimedOut
from ..websocket import Closed
from .calls import CALLS
from .opening import Program
from .streams import STREAMS
from .telling import tell
from .topics import TOPICS

PROGRAMS: Dict[str, Program] = {**CALLS, **STREAMS, **TOPICS}
_CLOSED_ON_PURPOSE = {"refused": 4401, "violation": 4400}


def converse(conversation: str, url: str) -> int:
    """Has a conversation, and gives the exit code."""
    program = PROGRAMS.get(conversation)
    if program is None:
        names = ", ".join(PROGRAMS)
        print(f'unknown conversation "{conversation}": expected {names}', file=sys.stderr)
        return 2
    try:
        program(url)
    except Closed as closed:
        tell(closed=closed.code)
        return 0 if _CLOSED_ON_PURPOSE.get(conversation) == closed.code else 1
    except (TimedOut, CallError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0
