"""Payloads that break a rule: the fault of one message, never of the connection."""

from __future__ import annotations

from typing import Sequence

from ..checks import same
from ..extensions import Message
from ..payload import frame_superjson
from ..session import Session
from ..wire import blob
from .reactions import MISBEHAVE, kinds, lives, message


def meta(json: str, values: str) -> bytes:
    """Writes a document with annotations."""
    return f'{{"json":{json},"meta":{{"values":{values},"v":1}}}}'.encode()


def answer_to(session: Session, payload: bytes) -> Message:
    """Calls probe.echo with a payload as it is given, and gives what answers the call."""
    procedure = session.calls.bind("probe.echo", "call")
    session.connection.send_body(message(0x51, bytes([0, procedure, 2]) + payload), 1)
    log = session.connection.log
    session.connection.until(lambda: len(log) == 2, "an answer")
    return log[1]


def _bad(name: str, document: bytes, binaries: Sequence[bytes] = (), tail: bytes = b"") -> None:
    _bad_payload(name, frame_superjson(document, list(binaries)) + tail)


def _bad_payload(name: str, payload: bytes) -> None:
    """Adds a check: a CALL with this payload gets INVALID_INPUT, and the connection lives."""

    def check(url: str) -> None:
        with Session.open(url) as session:
            answer = answer_to(session, payload)
            got = (answer["kind"], answer.get("code"), answer.get("executed"))
            same("the answer", got, ("ERROR", "INVALID_INPUT", "no"))
            lives(session)

    MISBEHAVE.add(f"superjson-{name}")(check)


_GOOD = '{"text":"a"}'
_bad("not-json", b'{"json":{]')
_bad("of-no-bytes", b"")
_bad("not-an-object", b"[]")
_bad("without-json", b"{}")
_bad("nan", b'{"json":{"text":NaN}}')
_bad("number-beyond-a-double", b'{"json":{"text":"a","more":1e999}}')
_bad("key-proto", b'{"json":{"text":"a","__proto__":{}}}')
_bad("key-constructor", b'{"json":{"text":"a","constructor":1}}')
_bad("key-prototype-deep", b'{"json":{"text":"a","b":[{"prototype":1}]}}')
_bad("lone-surrogate", b'{"json":{"text":"\\ud800"}}')
_bad("lone-surrogate-in-a-key", b'{"json":{"text":"a","\\udc00":1}}')
_bad("bad-utf8", b'{"json":{"text":"\xff"}}')
_bad("byte-order-mark", b'\xef\xbb\xbf{"json":{"text":"a"}}')
_bad("annotation-unknown", meta(_GOOD, '{"text":["regexp"]}'))
_bad("annotation-class", meta(_GOOD, '{"text":[["class","A"]]}'))
_bad("annotation-custom-other", meta(_GOOD, '{"text":[["custom","other"]]}'))
_bad("annotation-to-nowhere", meta(_GOOD, '{"gone":["Date"]}'))
_bad("annotation-to-a-method", meta(_GOOD, '{"toString":["Date"]}'))
_bad("annotation-of-two-types", meta(_GOOD, '{"text":["set","map"]}'))
_bad("annotation-path-escape", meta(_GOOD, '{"te\\\\xt":["Date"]}'))
_bad("annotation-index-with-zero", meta('["a","b"]', '{"01":["Date"]}'))
_bad("annotation-length-of-an-array", meta('["a","b"]', '{"length":["number"]}'))
_bad("date-not-a-date", meta(_GOOD, '{"text":["Date"]}'))
_bad("bigint-not-one", meta('{"text":"12n"}', '{"text":["bigint"]}'))
_bad("bigint-of-1025-digits", meta('{"text":"%s"}' % ("1" * 1025), '{"text":["bigint"]}'))
_bad("map-not-of-pairs", meta('{"text":[1]}', '{"text":["map"]}'))
_bad("set-not-of-an-array", meta(_GOOD, '{"text":["set"]}'))
_bad("error-without-message", meta('{"text":{"name":"E"}}', '{"text":["Error"]}'))
_STACK = '{"text":{"name":"E","message":"","stack":""}}'
_bad("error-with-a-stack", meta(_STACK, '{"text":["Error"]}'))
_bad("referential-equalities", b'{"json":{"text":"a"},"meta":{"referentialEqualities":{},"v":1}}')
_bad("v-of-2", b'{"json":{"text":"a"},"meta":{"values":{},"v":2}}')
_bad("without-v", b'{"json":{"text":"a"},"meta":{"values":{}}}')
_bad("binary-that-is-missing", meta('{"text":0}', '{"text":[["custom","binary"]]}'))
_BINARY = '[["custom","binary"]]'
_bad("binary-twice", meta('{"text":0,"b":0}', f'{{"text":{_BINARY},"b":{_BINARY}}}'), [b"a"])
_bad("binary-not-named", b'{"json":{"text":"a"}}', [b"a"])
_bad("binaries-more-than-16", b'{"json":{"text":"a"}}', [b"a"] * 17)
_bad("bytes-behind", b'{"json":{"text":"a"}}', tail=b"\x00")
_bad("deeper-than-64", b'{"json":{"text":' + b"[" * 65 + b"]" * 65 + b"}}")
_bad("very-deep", b'{"json":{"text":' + b"[" * 50_000 + b"]" * 50_000 + b"}}")
_bad("undefined-that-is-not-null", meta('{"text":"a","x":0}', '{"x":["undefined"]}'))
_bad("number-that-is-not-special", meta('{"text":"a","x":"1"}', '{"x":["number"]}'))
_bad("url-not-absolute", meta('{"text":"a","x":"/a"}', '{"x":["URL"]}'))
_bad("error-with-a-name-of-a-number", meta('{"x":{"name":1,"message":""}}', '{"x":["Error"]}'))
_bad("third-part-of-the-document", b'{"json":{"text":"a"},"more":1}')
_bad("third-part-of-meta", b'{"json":{"text":"a"},"meta":{"v":1,"more":1}}')
_bad("meta-that-is-null", b'{"json":{"text":"a"},"meta":null}')
_bad("path-into-a-set-that-is-made", meta('{"a":["1"]}', '{"a":["set"],"a.0":["bigint"]}'))
_bad("binary-of-no-index", meta('{"text":"a","x":"0"}', f'{{"x":{_BINARY}}}'), [b"a"])
_bad_payload("size-beyond-the-message", b"\xff\x7f{}")
_bad_payload("size-overlong", b"\x95\x00" + b'{"json":{"text":"a"}}' + b"\x00")
_bad_payload("without-a-count", blob(b'{"json":{"text":"a"}}'))
_bad_payload("binary-size-beyond", blob(b'{"json":{"text":"a"}}') + b"\x01\x7fab")
_bad_payload("of-no-bytes-at-all", b"")


@MISBEHAVE.add("superjson-bad-params")
def _bad_params(url: str) -> None:
    with Session.open(url) as session:
        body = b"\x00" + blob(b"probe.notes") + b"\x02" + blob(b"\x02{]\x00") + bytes(8)
        session.connection.send_body(message(0x21, body), 0)
        session.connection.until(lambda: "ENDED" in kinds(session), "ENDED")
        same("the code", session.connection.log[-1]["code"], "INVALID_INPUT")
        lives(session)
