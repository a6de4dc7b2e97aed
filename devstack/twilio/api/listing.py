"""List messages: filters and pages.

Page addresses are paths without a host, as in the contract's own examples: twilio-python puts its base address before
them, so an absolute address would send it to a host named `https`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from devstack.twilio.api.errors import TwilioRefusal
from devstack.twilio.api.times import parse_date
from devstack.twilio.kept.messages import MessageStore, TwilioMessage, digits

DEFAULT_PAGE, LARGEST_PAGE = 50, 1000
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")


def page_of_messages(
    book: MessageStore, query: Mapping[str, str], *, account_sid: str, loop_time: float
) -> dict[str, Any]:
    """One page as the API's JSON.

    :raises TwilioRefusal: 20001 for a page size or a date that cannot be read.
    """
    size = _number(query, "PageSize", DEFAULT_PAGE, LARGEST_PAGE)
    index = _number(query, "Page", 0, 1_000_000)
    chosen = [message for message in book.visible(loop_time, query.get("To")) if _matches(message, query)]
    start = _start(chosen, query.get("PageToken"))
    shown = chosen[start : start + size]
    kept = {name: query[name] for name in FILTERS if name in query}
    path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"

    def address(number: int, token: str | None) -> str:
        place = {"PageSize": size, "Page": number} | ({"PageToken": token} if token else {})
        return f"{path}?{urlencode(kept | place)}"

    more = len(chosen) > start + size
    before = chosen[start - size - 1].sid if start > size else None
    return {
        "end": index * size + max(len(shown) - 1, 0),
        "first_page_uri": address(0, None),
        "next_page_uri": address(index + 1, f"PA{shown[-1].sid}") if more else None,
        "page": index,
        "page_size": size,
        "previous_page_uri": address(index - 1, f"PA{before}" if before else None) if index > 0 else None,
        "start": index * size,
        "uri": address(index, query.get("PageToken")),
        "messages": [message.resource(account_sid) for message in shown],
    }


def _number(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdigit() or (name == "PageSize" and int(text) == 0):
        raise TwilioRefusal(20001)
    return min(int(text), largest)


def _start(chosen: list[TwilioMessage], token: str | None) -> int:
    # The token names the last message of the page before, so messages created meanwhile shift nothing.
    if not token:
        return 0
    for position, message in enumerate(chosen):
        if f"PA{message.sid}" == token:
            return position + 1
    raise TwilioRefusal(20001)


def _matches(message: TwilioMessage, query: Mapping[str, str]) -> bool:
    if "From" in query and digits(query["From"]) != digits(message.sender or ""):
        return False
    return all(_date_fits(message, name, query[name]) for name in FILTERS[2:] if name in query)


def _date_fits(message: TwilioMessage, name: str, text: str) -> bool:
    try:
        wanted, whole_day = parse_date(text)
    except ValueError:
        raise TwilioRefusal(20001) from None
    if message.sent is None:  # a queued message has no date yet and no date filter finds it
        return False
    if name == "DateSent":
        return message.sent.date() == wanted.date()
    if name == "DateSent<":
        return message.sent.date() <= wanted.date() if whole_day else message.sent <= wanted
    return message.sent >= wanted
