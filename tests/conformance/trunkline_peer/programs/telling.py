"""What the program of a client under test prints: JSON, a line for each outcome."""

from __future__ import annotations

import json
from typing import Any

from ..topics import Event


def tell(**outcome: Any) -> None:
    """Prints one outcome."""
    print(json.dumps(outcome, ensure_ascii=False, separators=(",", ":")), flush=True)


def tell_event(event: Event) -> None:
    """Prints what a subscription is told."""
    if event.kind == "state" and event.value != "gap":
        tell(state=event.value)
    elif event.kind == "message":
        tell(message=event.value)
    elif event.kind == "gap":
        gap = event.value
        tell(gap={"from": gap["from"], "to": gap.get("to", 0), "reason": gap["reason"]})
    elif event.kind == "ended":
        tell(ended={"code": event.value["code"]})
