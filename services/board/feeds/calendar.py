"""iCalendar (RFC 5545) of notices: a subscribed calendar moves with each version, and strikes out what is withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event

from services.board.domain.public import Board, PublicNotice
from services.board.feeds.naming import host_of
from services.board.feeds.words import FeedWords
from services.board.feeds.xml import writable
from services.board.utility import LANGUAGES, Utility

TYPE: Final = "text/calendar; charset=utf-8"
REFRESH: Final = timedelta(hours=1)
AT_MOST: Final = 500
"""Events of the whole calendar, those of the nearest time: a telephone reads it every hour."""


def listed(board: Board) -> tuple[PublicNotice, ...]:
    """Notices whose time is still to come or under way, the withdrawn ones too: a calendar keeps what merely disappears."""
    there = (one for one in board.notices if one.now.ends_at > board.as_of and one.state != "superseded")
    return tuple(sorted(there, key=lambda one: (one.now.starts_at, one.mrid))[:AT_MOST])


def calendar(notices: Iterable[PublicNotice], utility: Utility, words: FeedWords) -> bytes:
    """The calendar of these notices."""
    made = Calendar()
    made.add("prodid", f"-//{host_of(utility)}//outage notices//ZH")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"{utility.named(LANGUAGES[0])} {words.say('home.planned')}")
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for notice in notices:
        made.add_component(_event(notice, utility, words))
    content: bytes = made.to_ical()
    return content


def _event(notice: PublicNotice, utility: Utility, words: FeedWords) -> Event:
    now, gone = notice.now, notice.state == "withdrawn"
    event = Event()
    event.add("uid", f"{notice.mrid}@{host_of(utility)}")
    # RFC 5546: what is cancelled has a higher number than what it cancels, and what stands again a higher one than that.
    event.add("sequence", 2 * now.version + gone)
    event.add("dtstamp", _utc(notice.changed_at))
    event.add("last-modified", _utc(notice.changed_at))
    event.add("dtstart", _utc(now.starts_at))
    event.add("dtend", _utc(now.ends_at))
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("summary", writable(f"{words.say(f'kind.{notice.outage_class}')}: {words.where(now.places)}"))
    event.add("location", writable(words.where(now.places)))
    event.add("description", writable(words.notice(notice)))
    event.add("url", utility.at(f"/n/{notice.mrid}"))
    return event


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=0)
