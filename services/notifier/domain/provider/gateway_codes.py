"""The codes of the HTTP gateway (docs/sms-gateway.md) as data, and how its answers are read. Pure.

Its numbers have four digits. Of what it does not list, and of 9000 and above, nobody can say what was created.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.notifier.domain.provider.code_rules import CodeRule, Created, ProvenRefusal, rules
from services.sms_gateway import naming

PROVIDER: Final = naming.PROVIDER
SID_PREFIX: Final = naming.SID_PREFIX
OK, HTTP_OK, TOO_MANY_REQUESTS, NOBODY_KNOWS = 0, 200, 429, 9000
BEYOND_RETENTION: Final = 1301
TOO_MANY: Final = CodeRule("too-many-requests", "throttle", "now")

CODES: Mapping[int, CodeRule] = MappingProxyType(
    rules(
        "account",
        "now",
        {
            1001: "account-not-found",
            1002: "credentials-refused",
            1003: "clocks-differ",
            1004: "address-not-allowed",
            1005: "account-suspended",
            1006: "balance-used-up",
            1007: "daily-cap",
        },
    )
    | rules("sender", "now", {1101: "signature-not-registered", 1102: "sender-not-usable"})
    | rules("region", "now", {1201: "region-not-enabled", 1202: "no-route"})
    | rules("throttle", "now", {2001: "too-many-requests", 2002: "sender-queue-full", 4003: "validity-expired"})
    | rules("throttle", "later", {4007: "carrier-congested"})
    | rules("contact", "elsewhere", {3001: "bad-number", 3003: "number-had-enough", 4002: "number-unknown"})
    | rules("contact", "later", {4001: "handset-unreachable"})
    | rules("contact", "never", {3002: "opted-out", 4006: "opted-out"})
    | rules("message", "never", {3101: "no-body", 3102: "too-long", 3103: "forbidden-words", 3104: "no-urls-there"})
    | rules("doubtful", "elsewhere", {4004: "filtered"})
    | rules("doubtful", "later", {4005: "carrier-unknown-error"})
)

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "WAITING": "queued",
        "SENT": "sent",
        "DELIVRD": "delivered",
        "UNDELIV": "undelivered",
        "EXPIRED": "undelivered",
        "REJECTD": "undelivered",
        "UNKNOWN": "undelivered",
    }
)
"""Its words for how far a message is (those of CMPP) in ours (text_states.RECEIPT_EVENT). Others only say that it has it."""


def our_id(message_id: str, attempt: int) -> str:
    """What it is given as custId, and gives back: it names one attempt."""
    return f"{message_id}.{attempt}"


def read_our_id(cust_id: object) -> tuple[str, int] | None:
    """Text and attempt of a custId; None where it is none of ours, as of another system on the same account."""
    message_id, _, number = cust_id.rpartition(".") if isinstance(cust_id, str) else ("", "", "")
    return (message_id, int(number)) if message_id and number.isascii() and number.isdigit() and int(number) else None


def sid_of(msg_id: object) -> str | None:
    """Its message id as rows have it."""
    return f"{SID_PREFIX}{msg_id}" if isinstance(msg_id, str) and msg_id else None


def read_answer(cust_id: str, status: int, body: str | None) -> Created | ProvenRefusal | None:
    """What an answer to a send of one message proves; None: nothing. See port.classify.

    A code that is listed, of the whole request or of the message, says that nothing was created; so does HTTP 429.
    """
    data = json_object(body)
    code = _number(data.get("code"))
    if status == TOO_MANY_REQUESTS:
        return ProvenRefusal(CODES.get(code, TOO_MANY) if code is not None else TOO_MANY, code)
    if status != HTTP_OK or code is None:
        return None
    if code != OK:
        return _refusal(code)
    results = data.get("results")
    mine = [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []
    if len(mine) != 1 or mine[0].get("custId") != cust_id:
        return None
    inner = _number(mine[0].get("code"))
    if inner != OK:
        return _refusal(inner) if inner is not None else None
    sid = sid_of(mine[0].get("msgId"))
    return Created(sid, "accepted") if sid else None


def _refusal(code: int) -> ProvenRefusal | None:
    rule = CODES.get(code) if code < NOBODY_KNOWS else None
    return ProvenRefusal(rule, code) if rule is not None else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def json_object(body: str | None) -> dict[str, Any]:
    """The object that a body holds; empty where it holds none."""
    try:
        data = json.loads(body or "")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
