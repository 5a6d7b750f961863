"""The checks of a live server, and what they expect of calls that fail."""

from __future__ import annotations

from typing import Any, Callable

from ..call import CallError
from ..checks import Checks, same

LIVE = Checks()


def expect_error(act: Callable[[], Any], code: str, executed: str) -> CallError:
    """Fails unless a call fails with this code and this executed."""
    try:
        value = act()
    except CallError as error:
        same("code and executed", (error.code, error.executed), (code, executed))
        return error
    raise AssertionError(f"gave {value!r}, not {code}")
