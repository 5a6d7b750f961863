"""The table of misbehaviours: which sentence of PROTOCOL.md says what comes of each."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple

_TABLE = Path(__file__).resolve().parent.parent.parent / "misbehaviours.md"
_ROW = re.compile(r"^\| (`.+`) \| (.+?) \| \[(.+?)\]\(.+?\) \| (.+) \|$", re.MULTILINE)


class Rule(NamedTuple):
    """A row of the table; `names` are patterns, and `sentence` stands in the section."""

    names: List[str]
    reaction: str
    section: str
    sentence: str

    def is_of(self, name: str) -> bool:
        """Tells whether it is the rule of a misbehaviour."""
        return any(fnmatchcase(name, pattern) for pattern in self.names)


def read_rules() -> List[Rule]:
    """Reads the table."""
    rows = _ROW.findall(_TABLE.read_text("utf-8"))
    return [
        Rule(names.replace("`", "").split(), reaction, section, sentence.replace("\\|", "|"))
        for names, reaction, section, sentence in rows
    ]


def faults(rules: List[Rule], document: str, reactions: Dict[str, str]) -> Iterator[str]:
    """Says where the rules do not fit the document, or the misbehaviours.

    `reactions` has the names of all of these, with the reaction where the code fixes one.
    """
    sections = _sections(document)
    for rule in rules:
        text = sections.get(rule.section)
        if text is None:
            yield f'there is no section "{rule.section}": {", ".join(rule.names)}'
        elif _plain(rule.sentence) not in text:
            where = f'in the section "{rule.section}": {", ".join(rule.names)}'
            yield f'"{rule.sentence}" does not stand {where}'
        for pattern in rule.names:
            if not any(fnmatchcase(name, pattern) for name in reactions):
                yield f'there is no misbehaviour "{pattern}"'
    for name, reaction in reactions.items():
        own = [rule for rule in rules if rule.is_of(name)]
        if len(own) != 1:
            yield f'"{name}" stands in {len(own)} rows, expected 1'
        elif reaction not in ("", own[0].reaction):
            yield f'the reaction to "{name}" is {reaction}, and {own[0].reaction} in the table'


def _sections(document: str) -> Dict[str, str]:
    """Splits a document at its headings; a section has what stands below its own alone."""
    parts = re.split(r"^#+ (.+)$", document, flags=re.MULTILINE)
    return {title: _plain(text) for title, text in zip(parts[1::2], parts[2::2])}


def _plain(text: str) -> str:
    return " ".join(text.split())
