"""Payloads at the limits of decoding, and beyond them."""

from __future__ import annotations

from ..checks import Check, same
from ..payload import frame_superjson
from ..session import Session
from .payloads import answer_to, meta
from .reactions import MISBEHAVE, lives


def _limit(name: str, fine: bytes, beyond: bytes) -> None:
    """Adds two checks: a schema refuses the one, and the rules of payloads the other."""
    for suffix, document, is_fine in (("is-fine", fine, True), ("beyond", beyond, False)):
        MISBEHAVE.add(f"limit-{name}-{suffix}")(_check(document, is_fine))


def _check(document: bytes, is_fine: bool) -> Check:
    def check(url: str) -> None:
        with Session.open(url) as session:
            answer = answer_to(session, frame_superjson(document, []))
            same("the code", (answer["kind"], answer["code"]), ("ERROR", "INVALID_INPUT"))
            same("executed", answer["executed"], "no")
            same("whether a schema refused", len(answer["bytes"]) > 0, is_fine)
            lives(session)

    return check


def _plain(text: str) -> bytes:
    return f'{{"json":{text}}}'.encode()


def _list(count: int, part: str = "0") -> str:
    return "[" + ",".join([part] * count) + "]"


def _nested(depth: int) -> bytes:
    return _plain("[" * depth + "]" * depth)


def _objects(depth: int) -> bytes:
    return _plain('{"a":' * depth + "0" + "}" * depth)


def _key(name: str) -> bytes:
    return _plain(f'{{"{name}":0}}')


def _keys(count: int, name: str = "k%d") -> bytes:
    return _plain("{" + ",".join(f'"{name}":0'.replace("%d", str(n)) for n in range(count)) + "}")


def _set(count: int, part: str) -> bytes:
    members = ",".join(part % n for n in range(count))
    return meta(f"[{members}]", '["set"]')


def _map(count: int, key: str) -> bytes:
    pairs = ",".join(f"[{key % n},0]" for n in range(count))
    return meta(f"[{pairs}]", '["map"]')


def _two_sets(count: int) -> bytes:
    half = ",".join(f'"{n}"' for n in range(count // 2))
    rest = ",".join(f'"{n}"' for n in range(count - count // 2))
    return meta(f"[[{half}],[{rest}]]", '{"0":["set"],"1":["set"]}')


def _bigints(count: int) -> bytes:
    names = ",".join(f'"{n}":["bigint"]' for n in range(count))
    return meta(_list(count, '"1"'), f"{{{names}}}")


def _dates_below(depth: int) -> bytes:
    value = "[" * depth + '"1"' + "]" * depth
    path = ".".join(["0"] * depth)
    return meta(value, f'{{"{path}":["bigint"]}}')


def _url(size: int) -> bytes:
    text = "https://example.com/".ljust(size, "a")
    return meta(f'"{text}"', '["URL"]')


_limit("depth", _nested(64), _nested(65))
_limit("depth-of-objects", _objects(64), _objects(65))
_limit("values", _plain(_list(49_999)), _plain(_list(50_000)))
_limit("keys", _keys(1_000), _keys(1_001))
_limit("keys-that-are-the-same", _keys(1_000, "k"), _keys(1_001, "k"))
_limit("key-bytes", _key("k" * 256), _key("k" * 257))
_limit("key-bytes-not-letters", _key("é" * 128), _key("é" * 129))
_limit("entries-of-a-set", _set(10_000, '"%d"'), _set(10_001, '"%d"'))
_limit("entries-of-two-sets", _two_sets(10_000), _two_sets(10_001))
_limit("entries-of-a-map", _map(10_000, '"%d"'), _map(10_001, '"%d"'))
_limit("numbers-among-keys-of-a-map", _map(2_500, "%d"), _map(2_501, "%d"))
_limit("numbers-in-a-set", _set(2_500, "%d"), _set(2_501, "%d"))
_limit("annotations", _bigints(1_000), _bigints(1_001))
_limit("steps-of-a-path", _dates_below(64), _dates_below(65))
_limit("url-bytes", _url(2_048), _url(2_049))
