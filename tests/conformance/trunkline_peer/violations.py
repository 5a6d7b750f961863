"""The ways to break the protocol, and the codes with which a connection closes."""

CLOSE_CODES = {
    **{1000: "DONE", 1001: "LEAVING", 1008: "POLICY", 1009: "TOO_BIG", 4400: "PROTOCOL"},
    **{4401: "TOKEN", 4403: "REFUSED", 4406: "VERSION", 4408: "HELLO_LATE", 4409: "REPLACED"},
    **{4410: "SESSION_GONE", 4412: "PAUSED", 4429: "TOO_MUCH", 4503: "DRAINING", 4508: "SLOW"},
}
VIOLATIONS = {
    "TEXT_MESSAGE": (4400, "text message"),
    "BATCH_TOO_BIG": (1009, "batch too big"),
    "HELLO_TOO_BIG": (1009, "hello too big"),
    "TRUNCATED": (4400, "truncated"),
    "TRAILING": (4400, "trailing bytes"),
    "BAD_HEAD": (4400, "bad batch head"),
    "EMPTY_BATCH": (4400, "empty batch without ack"),
    "BAD_SEQ": (4400, "bad sequence number"),
    "BAD_ACK": (4400, "bad acknowledgement"),
    "BAD_VARINT": (4400, "bad varint"),
    "BAD_TEXT": (4400, "bad text"),
    "BAD_FIELD": (4400, "field out of range"),
    "BAD_FLAGS": (4400, "bad flags"),
    "BAD_EXT": (4400, "bad extension"),
    "UNKNOWN_KIND": (4400, "unknown mandatory message"),
    "NOT_OFFERED": (4400, "message not offered"),
    "WRONG_DIRECTION": (4400, "message in the wrong direction"),
    "HELLO_FIRST": (4400, "hello must come first and alone"),
    "SECOND_HELLO": (4400, "second hello"),
    "TOO_EARLY": (4400, "too much or wrong message before welcome"),
    "HELLO_LATE": (4408, "no hello in time"),
    "BAD_PROCEDURE": (4400, "procedure not bound"),
    "BAD_BIND": (4400, "bad bind"),
    "TOO_MANY_BOUND": (4429, "1000"),
    "BAD_CALL_ID": (4400, "call id taken or of the wrong side"),
    "BAD_SUB": (4400, "subscription number out of order"),
    "NO_CREDIT": (4400, "item without credit"),
    "BAD_ITEM": (4400, "item not expected"),
    "BAD_CHUNK": (4400, "bad chunk"),
    "BAD_OFFSET": (4400, "offset out of order"),
    "TOO_MANY_CANCELS": (4429, "5000"),
    "TOO_MANY_SUBSCRIBES": (4429, "5000"),
    "TOO_MANY_AUTHS": (4429, "5000"),
    "TOO_MANY_CONTROL_FRAMES": (4429, "5000"),
}


class Violation(Exception):
    """Says which rule of the protocol is broken, by its name in the table of violations."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.code, self.reason = VIOLATIONS[name]
