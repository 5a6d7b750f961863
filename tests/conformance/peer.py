#!/usr/bin/env python3
"""Speaks Trunkline as a client, in Python's standard library alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, List

sys.dont_write_bytecode = True

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
PROTOCOL = Path(__file__).resolve().parent.parent.parent / "PROTOCOL.md"
TASKS = {
    "vectors": "decode and encode the vectors, and refuse the rest",
    "live": "check a server as a client that keeps the protocol",
    "steered": "check servers that stop and take rights back, as they are told by HTTP",
    "misbehave": "break the protocol, and check the reactions",
    "rules": "compare the table of misbehaviours with PROTOCOL.md",
    "converse": "have one conversation, as a client under test",
}


def main(arguments: List[str]) -> int:
    """Runs what the arguments ask for, and gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True, metavar="task")
    for name, what in TASKS.items():
        is_wanted = arguments[:1] == [name]
        task = tasks.add_parser(name, help=what, description=what)
        task.formatter_class = argparse.RawDescriptionHelpFormatter
        # Only what a task needs is loaded: a conversation starts the program anew.
        if is_wanted:
            _PREPARE[name](task)
    options = parser.parse_args(arguments)
    return options.run(options)


def _prepare_vectors(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.vectors import run_vectors

    task.add_argument("files", nargs="*", type=Path, help="default: tests/vectors/*.json")

    def run(options: Any) -> int:
        return 0 if run_vectors(options.files or sorted(VECTORS.glob("*.json"))) else 1

    task.set_defaults(run=run)


def _prepare_converse(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.programs import converse

    task.add_argument("conversation")
    task.add_argument("url")
    task.set_defaults(run=lambda options: converse(options.conversation, options.url))


def _prepare_live(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.live import LIVE

    _prepare_checks(task, LIVE, "ws://…")


def _prepare_steered(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.live import STEERED

    _prepare_checks(task, STEERED, "http://…")


def _prepare_misbehave(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.misbehave import MISBEHAVE

    _prepare_checks(task, MISBEHAVE, "ws://…")


def _prepare_rules(task: argparse.ArgumentParser) -> None:
    from trunkline_peer.misbehave import MISBEHAVE

    more = {"nargs": "?", "type": Path, "default": PROTOCOL}
    task.add_argument("document", help="default: PROTOCOL.md", **more)

    def run(options: Any) -> int:
        faults = MISBEHAVE.faults(options.document.read_text("utf-8"))
        print("\n".join(faults) or f"{len(MISBEHAVE.by_name)} misbehaviours have their rules")
        return 1 if faults else 0

    task.set_defaults(run=run)


def _prepare_checks(task: argparse.ArgumentParser, checks: Any, address: str) -> None:
    task.epilog = f"names:\n{checks.listing()}"
    task.add_argument("names", nargs="*", metavar="name", help="default: all of them")
    task.add_argument("--url", metavar=address, help="of what is checked")
    task.add_argument("--list", action="store_true", help="name the checks, and do nothing")

    def run(options: Any) -> int:
        if options.list:
            print(checks.listing())
            return 0
        if options.url is None:
            task.error(f"--url {address} is missing")
        return 0 if checks.run(options.url, options.names) else 1

    task.set_defaults(run=run)


_PREPARE = {
    "vectors": _prepare_vectors,
    "live": _prepare_live,
    "steered": _prepare_steered,
    "misbehave": _prepare_misbehave,
    "rules": _prepare_rules,
    "converse": _prepare_converse,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
