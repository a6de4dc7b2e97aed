"""Twilio's error codes as data. Twilio asks not to program on them ("subject to change"), so they only refine.

What decides is the HTTP status (provider.classify); an unlisted code falls back to `by_status`. Sources: Twilio's error
pages (https://www.twilio.com/docs/api/errors); from memory and other products' maps, not read there: 20003, 20005,
21217, 21421, 21659, 30004, 30034, 32017.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Scope = Literal["contact", "provider", "throttle", "message"]
Resend = Literal["never", "elsewhere", "later", "now"]
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
AUTH_STATUSES = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class CodeRule:
    """One code's meaning."""

    reason: str
    scope: Scope
    permanent: bool = True
    resend: Resend = "elsewhere"


CODES: Mapping[int, CodeRule] = MappingProxyType(
    {
        20003: CodeRule("credentials-refused", "provider"),
        20005: CodeRule("account-suspended", "provider"),
        20429: CodeRule("too-many-requests", "throttle", permanent=False, resend="now"),
        21211: CodeRule("bad-number", "contact"),
        21217: CodeRule("bad-number", "contact"),
        21408: CodeRule("region-not-enabled", "provider"),
        21421: CodeRule("bad-number", "contact"),
        21602: CodeRule("no-body", "message", resend="never"),
        21604: CodeRule("no-recipient", "message", resend="never"),
        21606: CodeRule("sender-not-usable", "provider"),
        21609: CodeRule("bad-callback-address", "provider"),
        21610: CodeRule("opted-out", "contact", resend="never"),
        21611: CodeRule("sender-queue-full", "throttle", permanent=False, resend="now"),
        21612: CodeRule("no-route", "provider"),
        21614: CodeRule("not-a-mobile", "contact"),
        21617: CodeRule("too-long", "message", resend="never"),
        21659: CodeRule("sender-not-usable", "provider"),
        21703: CodeRule("sender-not-usable", "provider"),
        30001: CodeRule("provider-queue-overflow", "throttle", permanent=False, resend="now"),
        30003: CodeRule("handset-unreachable", "contact", permanent=False, resend="later"),
        30004: CodeRule("blocked", "contact"),
        30005: CodeRule("number-unknown", "contact"),
        30006: CodeRule("landline-or-carrier", "contact"),
        30007: CodeRule("filtered", "provider"),
        30008: CodeRule("carrier-unknown-error", "contact", permanent=False, resend="later"),
        30034: CodeRule("sender-not-registered", "provider"),
        30036: CodeRule("validity-expired", "throttle", permanent=False, resend="now"),
        30409: CodeRule("cannot-cancel", "message", resend="never"),
        30450: CodeRule("pumping-protection", "provider", permanent=False, resend="later"),
        30453: CodeRule("pumping-protection", "provider", permanent=False, resend="later"),
        30454: CodeRule("daily-cap", "provider"),
        30500: CodeRule("provider-internal-error", "contact", permanent=False, resend="later"),
        32017: CodeRule("blocked", "contact"),
        63017: CodeRule("account-rate", "throttle", permanent=False, resend="now"),
        63038: CodeRule("daily-cap", "provider"),
        90007: CodeRule("bad-validity", "message", resend="never"),
    }
)


def by_status(http_status: int) -> CodeRule:
    """The safe default for a refusal with an unlisted code: give up here, let another contact or a person take over."""
    if http_status in AUTH_STATUSES:
        return CodeRule("unlisted-code", "provider")
    return CodeRule("unlisted-code", "contact")


def read_sid(body: str | None) -> tuple[str, str] | None:
    """Sid and status of a created message; None when the body does not say so whole."""
    data = _json_object(body)
    sid, status = data.get("sid"), data.get("status")
    if isinstance(sid, str) and SID.fullmatch(sid):
        return sid, status if isinstance(status, str) else "accepted"
    return None


def read_error(body: str | None) -> int | None:
    """The provider's own error code, from its older form or an RFC 9457 problem; None when it did not write this."""
    code = _json_object(body).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _json_object(body: str | None) -> dict[str, Any]:
    try:
        data = json.loads(body or "")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
