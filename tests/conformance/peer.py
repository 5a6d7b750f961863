#!/usr/bin/env python3
"""Speaks Trunkline as a client, in Python's standard library alone."""

from __future__ import annotations

import argparse
import sys

sys.dont_write_bytecode = True

from pathlib import Path
from typing import Any, List, Optional

from trunkline_peer.checks import Checks
from trunkline_peer.converse import CONVERSATIONS, converse
from trunkline_peer.live import LIVE, STEERED
from trunkline_peer.misbehave import MISBEHAVE
from trunkline_peer.vectors import run_vectors

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs what the arguments ask for, and gives the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.task == "vectors":
        return 0 if run_vectors(options.files or sorted(VECTORS.glob("*.json"))) else 1
    if options.task == "converse":
        return converse(options.conversation, options.url)
    checks: Checks = options.checks
    if options.list:
        print("\n".join(checks.by_name))
        return 0
    if options.url is None:
        parser.error(f"{options.task} needs --url {options.address}")
    return 0 if checks.run(options.url, options.names) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True, metavar="task")
    vectors = tasks.add_parser("vectors", help="decode and encode the vectors, and refuse the rest")
    vectors.add_argument("files", nargs="*", type=Path, help="default: tests/vectors/*.json")
    client = "check a server as a client that keeps the protocol"
    _add_checks(tasks, "live", LIVE, client)
    breaker = "break the protocol, and check the reactions"
    _add_checks(tasks, "misbehave", MISBEHAVE, breaker)
    steering = "check servers that stop and take rights back, as they are told by HTTP"
    _add_checks(tasks, "steered", STEERED, steering, "http://…")
    talk = tasks.add_parser("converse", help="have one conversation, as a client under test")
    talk.add_argument("conversation", choices=list(CONVERSATIONS), metavar="conversation")
    talk.add_argument("url")
    return parser


def _add_checks(
    tasks: Any, name: str, checks: Checks, what: str, address: str = "ws://…"
) -> None:
    task = tasks.add_parser(name, help=what)
    task.add_argument("names", nargs="*", metavar="name", help="default: all of them")
    task.add_argument("--url", metavar=address, help="of a server of the contract `probe`")
    task.add_argument("--list", action="store_true", help="name the checks, and do nothing")
    task.set_defaults(checks=checks, address=address)


if __name__ == "__main__":
    sys.exit(main())
