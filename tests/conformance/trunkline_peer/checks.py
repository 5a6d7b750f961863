"""Checks that have a name, and how they are run and told of."""

from __future__ import annotations

import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional

Check = Callable[[str], None]


class Checks:
    """Named checks; each takes the address of a server and raises when it fails."""

    def __init__(self) -> None:
        self.by_name: Dict[str, Check] = {}

    def add(self, name: str) -> Callable[[Check], Check]:
        """Adds a function as a check."""

        def put(check: Check) -> Check:
            assert name not in self.by_name, f"{name} is there already"
            self.by_name[name] = check
            return check

        return put

    def listing(self) -> str:
        """Names the checks, one a line."""
        return "\n".join(f"  {name}" for name in self.by_name)

    def run(self, url: str, names: List[str]) -> bool:
        """Runs the checks side by side, prints a line for each, and tells whether all went well."""
        chosen = names or list(self.by_name)
        unknown = [name for name in chosen if name not in self.by_name]
        if unknown:
            raise SystemExit(f"no check is named {unknown[0]!r}; --list names them")
        with ThreadPoolExecutor(max_workers=12) as pool:
            failures = list(pool.map(lambda name: _failure(self.by_name[name], url), chosen))
        for name, failure in zip(chosen, failures):
            print(f"ok    {name}" if failure is None else f"FAIL  {name}: {failure}")
        failed = sum(failure is not None for failure in failures)
        print(f"{len(chosen) - failed} of {len(chosen)} checks are ok")
        return failed == 0


def _failure(check: Check, url: str) -> Optional[str]:
    try:
        check(url)
    except Exception as error:  # noqa: BLE001 - whatever a check raises is its failure
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return f"{type(error).__name__}: {error} ({where})"
    return None


def same(what: str, got: Any, wanted: Any) -> None:
    """Fails unless what came is what was wanted."""
    if got != wanted:
        raise AssertionError(f"{what} is {got!r}, not {wanted!r}")


def room() -> str:
    """Makes up a room that no other check uses."""
    return f"room-{os.urandom(6).hex()}"
