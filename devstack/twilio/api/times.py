"""Write dates in Twilio's forms."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime


def rfc2822(instant: datetime) -> str:
    """Twilio's `date_created` form, e.g. `Thu, 24 Aug 2023 05:01:45 +0000` (whole seconds)."""
    return format_datetime(instant.astimezone(UTC))


def parse_date(text: str) -> tuple[datetime, bool]:
    """Reads a day, an ISO instant or an RFC 2822 date of a list filter.

    :returns: the instant (UTC) and whether only a day was given.
    :raises ValueError: the text is none of these.
    """
    text = text.strip()
    if len(text) == len("2024-01-31"):
        return datetime.fromisoformat(text).replace(tzinfo=UTC), True
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = parsedate_to_datetime(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC), False
