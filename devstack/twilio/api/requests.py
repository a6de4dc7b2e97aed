"""Read a create request as Twilio does: what is missing, malformed or forbidden, in Twilio's own codes."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec

from devstack.twilio.api.errors import MAGIC_FROM, MAGIC_TO, TwilioRefusal
from devstack.twilio.config import SimulatorSettings

LONGEST_BODY = 1600
EARLIEST, LATEST = timedelta(seconds=900), timedelta(days=35)
E164 = re.compile(r"\+[1-9]\d{6,14}")
SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A create request that stands."""

    to: str
    sender: str | None
    messaging_service_sid: str | None
    body: str
    status_callback: str | None
    validity_seconds: int
    send_at: datetime | None


def read_create(form: Mapping[str, str], settings: SimulatorSettings, now: datetime) -> Draft:
    """The draft in a POST to Messages.json.

    :param now: the wall's time, for the window of `SendAt`.
    :raises TwilioRefusal: with the code Twilio gives.
    """
    to = re.sub(r"[\s().-]", "", form.get("To", ""))
    if not to:
        raise TwilioRefusal(21604)
    if to in MAGIC_TO:
        raise TwilioRefusal(MAGIC_TO[to])
    if not E164.fullmatch(to):
        raise TwilioRefusal(21211)
    service = form.get("MessagingServiceSid") or None
    sender = form.get("From") or None
    _check_sender(sender, service, settings)
    body = form.get("Body", "")
    if not body:
        raise TwilioRefusal(21602)
    if len(body) > LONGEST_BODY:
        raise TwilioRefusal(21617)
    return Draft(
        to=to,
        sender=sender,
        messaging_service_sid=service,
        body=body,
        status_callback=_callback(form.get("StatusCallback")),
        validity_seconds=_validity(form.get("ValidityPeriod")),
        send_at=_send_at(form, service, now),
    )


def _check_sender(sender: str | None, service: str | None, settings: SimulatorSettings) -> None:
    if sender is None and service is None:
        raise TwilioRefusal(21603)
    if service is not None:
        if not SERVICE.fullmatch(service):
            raise TwilioRefusal(20404)
        if not settings.pool:
            raise TwilioRefusal(21703)
    if sender is not None:
        if sender in MAGIC_FROM:
            raise TwilioRefusal(MAGIC_FROM[sender])
        if not SENDER.fullmatch(sender):
            raise TwilioRefusal(21212)
        if settings.owned_numbers and sender not in settings.owned_numbers:
            raise TwilioRefusal(21606)


def _callback(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    # Twilio also refuses hosts it cannot reach; here 127.0.0.1 is where everything lives.
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
        raise TwilioRefusal(21609)
    return url


def _validity(text: str | None) -> int:
    if text is None:
        return 36_000
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 36_000:  # noqa: PLR2004 - Twilio's bounds
        raise TwilioRefusal(90007)
    return int(text)


def _send_at(form: Mapping[str, str], service: str | None, now: datetime) -> datetime | None:
    # Without a messaging service Twilio does not schedule: the message goes out at once. A trap worth keeping.
    if form.get("ScheduleType") != "fixed" or service is None:
        return None
    text = form.get("SendAt")
    if not text:
        raise TwilioRefusal(35111)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise TwilioRefusal(35114) from None
    if when.tzinfo is None or not EARLIEST <= when - now <= LATEST:
        raise TwilioRefusal(35114)
    return when


def our_marks(status_callback: str | None) -> tuple[str | None, int | None]:
    """The sender's own id and attempt number (`n` and `a` in the callback's query), where there are any."""
    query = parse_qs(urlsplit(status_callback or "").query)
    attempt = query.get("a", [""])[0]
    return query.get("n", [None])[0], int(attempt) if attempt.isdigit() else None
