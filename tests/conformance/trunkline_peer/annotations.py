"""Annotations of superjson: what the parts of a JSON value are that JSON cannot say."""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional, Set, Tuple

from .limits import MAX_ANNOTATIONS, MAX_STEPS, Bounds, Entries, PayloadError
from .typed import TYPES
from .values import UNDEFINED, BigInt, Date, MapOf, SetOf, Url

BINARY = ["custom", "binary"]
_INDEX = re.compile(r"(0|[1-9][0-9]*)\Z", re.ASCII)

Tree = Any


def write(value: Any, binaries: List[bytes]) -> Tuple[Any, Optional[Tree]]:
    """Gives the JSON of a value and the annotations of it, and adds binaries to the list."""
    if value is None or isinstance(value, (bool, Url, BigInt, float)) or not isinstance(
        value, (str, int, list, dict, SetOf, MapOf)
    ):
        return _write_leaf(value, binaries)
    if isinstance(value, (str, int)):
        return value, None
    if isinstance(value, SetOf):
        plain, inner = _write_parts(list(enumerate(value.members)), binaries)
        return [part for _, part in plain], ["set"] + ([inner] if inner else [])
    if isinstance(value, MapOf):
        plain, inner = _write_parts(
            list(enumerate([list(pair) for pair in value.pairs])), binaries
        )
        return [part for _, part in plain], ["map"] + ([inner] if inner else [])
    if isinstance(value, list):
        plain, inner = _write_parts(list(enumerate(value)), binaries)
        return [part for _, part in plain], inner or None
    if not all(isinstance(key, str) for key in value):
        raise PayloadError("a key of an object that is no text")
    plain, inner = _write_parts(list(value.items()), binaries)
    return dict(plain), inner or None


def _write_parts(
    parts: List[Tuple[Any, Any]], binaries: List[bytes]
) -> Tuple[List[Tuple[Any, Any]], Dict[str, Tree]]:
    plain: List[Tuple[Any, Any]] = []
    inner: Dict[str, Tree] = {}
    for key, part in parts:
        written, tree = write(part, binaries)
        plain.append((key, written))
        step = str(key).replace("\\", "\\\\").replace(".", "\\.")
        if isinstance(tree, list):
            inner[step] = tree
        elif tree is not None:
            inner.update({f"{step}.{path}": below for path, below in tree.items()})
    return plain, inner


def _write_leaf(value: Any, binaries: List[bytes]) -> Tuple[Any, Optional[Tree]]:
    if value is None or isinstance(value, bool):
        return value, None
    if value is UNDEFINED:
        return None, ["undefined"]
    if isinstance(value, BigInt):
        return str(int(value)), ["bigint"]
    if isinstance(value, Date):
        return value.iso(), ["Date"]
    if isinstance(value, Url):
        return str(value), ["URL"]
    if isinstance(value, float):
        return _write_number(value)
    if isinstance(value, (bytes, bytearray)):
        binaries.append(bytes(value))
        return len(binaries) - 1, [BINARY]
    raise PayloadError(f"a {type(value).__name__} is not carried")


def _write_number(value: float) -> Tuple[Any, Optional[Tree]]:
    if math.isnan(value):
        return "NaN", ["number"]
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity", ["number"]
    if value == 0 and math.copysign(1, value) < 0:
        return "-0", ["number"]
    return value, None


def read(plain: Any, trees: List[Tree], binaries: List[bytes], bounds: Bounds) -> Any:
    """Gives the value of a JSON value under its tree of annotations, if there is one."""
    reader = _TreeReader(binaries, bounds)
    root = [plain]
    for tree in trees:
        reader.apply(tree, root, 0)
    if len(reader.named) != len(binaries):
        raise PayloadError("a binary is named nowhere")
    return root[0]


class _TreeReader:
    """Applies a tree of annotations to a JSON value in place."""

    def __init__(self, binaries: List[bytes], bounds: Bounds) -> None:
        self.binaries = binaries
        self.entries = Entries(bounds)
        self.named: Set[int] = set()
        self.count = 0

    def apply(self, tree: Tree, holder: Any, key: Any) -> None:
        """Applies what is below a place, and then what the place itself is."""
        if isinstance(tree, dict):
            self._inner(tree, holder[key])
            return
        if not isinstance(tree, list) or not 1 <= len(tree) <= 2:
            raise PayloadError(f"not a tree of annotations: {tree!r}")
        if len(tree) == 2:
            if not isinstance(tree[1], dict):
                raise PayloadError(f"not annotations by path: {tree[1]!r}")
            self._inner(tree[1], holder[key])
        holder[key] = self._typed(tree[0], holder[key])

    def _inner(self, inner: Dict[str, Tree], value: Any) -> None:
        for path, tree in inner.items():
            place = value
            steps = split_path(path)
            for step in steps[:-1]:
                place = place[_step(place, step)]
            self.apply(tree, place, _step(place, steps[-1]))

    def _typed(self, kind: Any, plain: Any) -> Any:
        self.count += 1
        if self.count > MAX_ANNOTATIONS:
            raise PayloadError(f"more than {MAX_ANNOTATIONS} annotations")
        if kind == BINARY:
            return self._binary(plain)
        convert = TYPES.get(kind) if isinstance(kind, str) else None
        if convert is None:
            raise PayloadError(f"the annotation {kind!r} is not known")
        value = convert(plain)
        if isinstance(value, SetOf):
            self.entries.add(value.members)
        elif isinstance(value, MapOf):
            self.entries.add([key for key, _ in value.pairs])
        return value

    def _binary(self, plain: Any) -> bytes:
        if type(plain) not in (int, float) or plain not in range(len(self.binaries)):
            raise PayloadError(f"{plain!r} is not the index of a binary")
        if plain in self.named:
            raise PayloadError(f"binary {plain} is named twice")
        self.named.add(plain)
        return self.binaries[int(plain)]


def split_path(path: str) -> List[str]:
    """Splits a path into its parts."""
    parts, part, escaped = [], "", False
    for char in path:
        if escaped:
            if char not in "\\.":
                raise PayloadError(f"the path {path!r} escapes {char!r}")
            part, escaped = part + char, False
        elif char == "\\":
            escaped = True
        elif char == ".":
            parts.append(part)
            part = ""
        else:
            part += char
    parts.append(part)
    if escaped or len(parts) > MAX_STEPS:
        raise PayloadError(f"the path {path!r} is malformed or too long")
    return parts


def _step(value: Any, part: str) -> Any:
    if isinstance(value, dict) and part in value:
        return part
    if isinstance(value, list) and _INDEX.match(part) and int(part) < len(value):
        return int(part)
    raise PayloadError(f"there is no {part!r}")
