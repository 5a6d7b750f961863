"""Checks that have a name, and how they are run and told of."""

from __future__ import annotations

import os
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional

Check = Callable[[str], None]
_AT_A_TIME = 12
_BELOW_ACK = 0.15


class Bystander:
    """Who is there beside the checks, and looks after each whether it is still served."""

    def __init__(self, url: str) -> None:
        self.url = url

    def look(self) -> None:
        """Fails unless it is served as before."""

    def leave(self) -> None:
        """Goes away."""


class Checks:
    """Named checks; each takes the address of a server and raises when it fails."""

    def __init__(self, bystander: Callable[[str], Bystander] = Bystander) -> None:
        self.by_name: Dict[str, Check] = {}
        self._bystander = bystander

    def add(self, name: str) -> Callable[[Check], Check]:
        """Adds a function as a check."""

        def put(check: Check) -> Check:
            assert name not in self.by_name, f"{name} is there already"
            self.by_name[name] = check
            return check

        return put

    def listing(self) -> str:
        """Names the checks, one a line, each with what explains it."""
        told = {name: self.explain(name) for name in self.by_name}
        return "\n".join(f"{name}  {why}".rstrip() for name, why in told.items())

    def explain(self, _: str) -> str:
        """Says what a check goes by."""
        return ""

    def run(self, url: str, names: List[str]) -> bool:
        """Runs the checks side by side, prints a line for each, and tells whether all went well."""
        chosen = names or list(self.by_name)
        unknown = [name for name in chosen if name not in self.by_name]
        if unknown:
            raise SystemExit(f"no check is named {unknown[0]!r}; --list names them")
        bystanders = _Bystanders(url, self._bystander)

        def attend(name: str) -> None:
            bystander = bystanders.own()
            self.by_name[name](url)
            bystander.look()

        with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
            failures = list(pool.map(lambda name: _failure(attend, name), chosen))
        bystanders.leave()
        for name, failure in zip(chosen, failures):
            print(f"ok    {name}" if failure is None else f"FAIL  {name}: {failure}")
            if failure is not None and self.explain(name):
                print(f"      due: {self.explain(name)}")
        failed = sum(failure is not None for failure in failures)
        print(f"{len(chosen) - failed} of {len(chosen)} checks are ok")
        return failed == 0


class _Bystanders:
    """One bystander for each check that runs at a time, there from before the first one."""

    def __init__(self, url: str, make: Callable[[str], Bystander]) -> None:
        self._url, self._make = url, make
        self._lock = threading.Lock()
        self._all: List[Bystander] = []
        self._place = threading.local()

    def own(self) -> Bystander:
        """Gives that of this thread."""
        if not hasattr(self._place, "own"):
            self._place.own = self._make(self._url)
            with self._lock:
                self._all.append(self._place.own)
        return self._place.own

    def leave(self) -> None:
        """Lets all go away."""
        for bystander in self._all:
            bystander.leave()


def _failure(act: Callable[[str], None], name: str) -> Optional[str]:
    try:
        act(name)
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its failure
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return f"{type(error).__name__}: {error} ({where})"
    return None


def same(what: str, got: Any, wanted: Any) -> None:
    """Fails unless what came is what was wanted."""
    if got != wanted:
        raise AssertionError(f"{what} is {got!r}, not {wanted!r}")


def soon(act: Callable[[], None]) -> None:
    """Fails unless something takes less than an acknowledgement that waits, at one of five times.

    A machine with much to do may be late at some of them.
    """
    for _ in range(5):
        before = time.monotonic()
        act()
        if time.monotonic() - before < _BELOW_ACK:
            return
    raise AssertionError(f"it took {_BELOW_ACK} s or more at five times")


def room() -> str:
    """Makes up a room that no other check uses."""
    return f"room-{os.urandom(6).hex()}"
