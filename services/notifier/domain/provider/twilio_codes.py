"""Twilio's error codes as data: what each says is at fault.

Twilio asks not to program on them ("subject to change"), so they only refine: what decides is the HTTP status
(`read_answer`), and an unlisted code charges nobody (circuit.judge).

Sources: Twilio's error pages (https://www.twilio.com/docs/api/errors); from memory and other products' maps, not read
there: 20003, 20005, 20006, 20010, 20403, 21217, 21421, 21704, 30004, 30010, 30017, 30023, 30027, 30032, 30034, 32017.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.notifier.domain.provider.code_rules import (
    UNKNOWN_CODE,
    UNLISTED,
    CodeRule,
    Created,
    ProvenRefusal,
    rules,
)

PROVIDER: Final = "twilio"
"""What rows and events call it."""
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
# No such account, no right to it: whatever the code, no text of ours can go out.
ACCOUNT_STATUSES = frozenset({401, 403, 404})
TOO_MANY_REQUESTS: Final = 429
TOO_MANY: Final = CodeRule("too-many-requests", "throttle", "now")
SUCCESS, CLIENT_ERRORS = range(200, 300), range(400, 500)


CODES: Mapping[int, CodeRule] = MappingProxyType(
    rules(
        "account",
        "now",
        {
            20003: "credentials-refused",
            20005: "account-suspended",
            20006: "access-denied",
            20010: "account-suspended",
            20403: "access-denied",
            20404: "account-not-found",
            21608: "account-on-trial",
            21609: "bad-callback-address",
            30002: "account-suspended",
            30010: "price-limit",
            30454: "daily-cap",
            63038: "daily-cap",
        },
    )
    | rules(
        "sender",
        "now",
        {
            21212: "sender-not-usable",
            21603: "no-sender",
            21606: "sender-not-usable",
            21616: "sender-not-usable",
            21657: "sender-not-usable",
            21659: "sender-not-usable",
            21660: "sender-not-usable",
            21703: "sender-not-usable",
            21704: "sender-not-usable",
            30023: "senders-daily-cap",
            30024: "sender-not-registered",
            30027: "senders-daily-cap",
            30032: "sender-not-registered",
            30034: "sender-not-registered",
        },
    )
    | rules(
        "region",
        "now",
        {21408: "region-not-enabled", 21612: "no-route", 30450: "pumping-protection", 30453: "pumping-protection"},
    )
    | rules("network", "later", {20500: "provider-error", 20503: "provider-unavailable"})
    | rules(
        "throttle",
        "now",
        {
            20429: "too-many-requests",
            21611: "sender-queue-full",
            30001: "provider-queue-overflow",
            30036: "validity-expired",
            63017: "account-rate",
        },
    )
    | rules("throttle", "later", {30017: "carrier-congested"})
    | rules(
        "contact",
        "elsewhere",
        {
            21211: "bad-number",
            21217: "bad-number",
            21266: "bad-number",
            21421: "bad-number",
            21614: "not-a-mobile",
            21635: "not-a-mobile",
            30004: "blocked",
            30005: "number-unknown",
            30006: "landline-or-carrier",
        },
    )
    | rules("contact", "later", {30003: "handset-unreachable"})
    | rules("contact", "never", {21610: "opted-out"})
    | rules(
        "message",
        "never",
        {
            21602: "no-body",
            21604: "no-recipient",
            21617: "too-long",
            30409: "cannot-cancel",
            35111: "bad-schedule",
            35114: "bad-schedule",
            90007: "bad-validity",
        },
    )
    # Such a failure may be this text's, this number's, the carrier's or ours: the text may even have arrived.
    | rules("doubtful", "elsewhere", {20001: "bad-request", 30007: "filtered", 32017: "blocked"})
    | rules(
        "doubtful",
        "later",
        {30008: "carrier-unknown-error", 30410: "carrier-timeout", 30500: "provider-internal-error"},
    )
)


def refusal_rule(code: int | None, http_status: int) -> CodeRule:
    """What a refusal means, by its code and its status; also one whose code is not listed."""
    listed = CODES.get(code) if code is not None else None
    if listed is not None:
        return listed
    return CodeRule(UNLISTED, "account", "now") if http_status in ACCOUNT_STATUSES else UNKNOWN_CODE


def read_answer(status: int, body: str | None) -> Created | ProvenRefusal | None:
    """What an answer to a create proves: HTTP status first, then the code. None: nothing; see port.classify.

    A 5xx is doubt: the provider's gateway may have lost the answer of a message that was created.
    """
    code = read_error(body)
    if status == TOO_MANY_REQUESTS:
        # The one failure documented as never processed, whatever its body looks like.
        return ProvenRefusal((CODES.get(code) if code is not None else None) or TOO_MANY, code)
    if status in SUCCESS:
        return read_sid(body)
    if status in CLIENT_ERRORS and code is not None:
        return ProvenRefusal(refusal_rule(code, status), code)
    return None


def read_sid(body: str | None) -> Created | None:
    """Sid and status of a created message; None when the body does not say so whole."""
    data = _json_object(body)
    sid, status = data.get("sid"), data.get("status")
    if isinstance(sid, str) and SID.fullmatch(sid):
        return Created(sid, status if isinstance(status, str) else "accepted")
    return None


def read_error(body: str | None) -> int | None:
    """The provider's own error code, from its older form or an RFC 9457 problem; None when it did not write this."""
    code = _json_object(body).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _json_object(body: str | None) -> dict[str, Any]:
    try:
        data = json.loads(body or "")
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
