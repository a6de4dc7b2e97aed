"""Make the events that say what was found: with ids by which the same word said twice is one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.board.showing.wanted import CHANNEL, WantedNotice

SOURCE: Final = "/board"
SLOT: Final = timedelta(minutes=15)
"""What is seen twice within it is said once: also by another process, or by this one after a restart."""
SHOWN, UNREADABLE = "notice.shown.v1", "notice.unreadable.v1"


@dataclass(frozen=True, slots=True)
class Word:
    """An event as the gateway takes it (structured JSON)."""

    id: str
    body: bytes


def shown(notice: WantedNotice, digest: str, at: datetime, url: str) -> Word:
    """The notice was read there at `at`, with these words."""
    fact = NoticeShown(
        mrid=notice.mrid,
        notice_id=notice.notice_id,
        version=notice.version,
        channel=CHANNEL,
        digest=digest,
        shown_at=at,
        url=url,
    )
    words = "" if digest == notice.digest else f"/{digest[:12]}"
    return _word(SHOWN, f"{notice.notice_id}/{CHANNEL}/{_slot(at)}{words}", at, fact)


def unreadable(notice: WantedNotice, since: datetime, until: datetime, reason: str) -> Word:
    """It could not be read from the first look that failed until the last."""
    fact = NoticeUnreadable(
        mrid=notice.mrid, notice_id=notice.notice_id, channel=CHANNEL, since=since, until=until, reason=reason
    )
    return _word(UNREADABLE, f"{notice.notice_id}/{CHANNEL}/unreadable/{until.timestamp():.0f}", until, fact)


def _word(type_name: str, name: str, at: datetime, fact: msgspec.Struct) -> Word:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": name,
        "source": SOURCE,
        "type": type_name,
        "time": at,
        "data": fact,
    }
    return Word(name, msgspec.json.encode(event))


def _slot(at: datetime) -> int:
    """The quarter of an hour in which it lies, by its number."""
    return int(at.timestamp() // SLOT.total_seconds())
