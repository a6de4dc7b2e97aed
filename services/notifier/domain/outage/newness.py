"""Tell which of two facts about one outage is the newer, in whatever order they came. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from schemas.contracts.notices import NoticeAmended, NoticePublished, NoticeWithdrawn
from schemas.contracts.restorations import RestorationConfirmed, RestorationRefused
from services.instants import is_stood_by

Stamp = tuple[datetime, int, bool, str]
Verdict = RestorationConfirmed | RestorationRefused
NoticeWord = NoticePublished | NoticeAmended | NoticeWithdrawn
UNRANKED: Final = 0


def stamp(fact: msgspec.Struct, at: datetime, rank: int = UNRANKED) -> Stamp:
    """Instant, rank among kinds that share a register, whether somebody stands by it, content (services/instants.py).

    A fact that somebody stands by comes after the same one as it was taken first, without what was in doubt.
    """
    return at, rank, is_stood_by(fact), text(fact)


def text(fact: msgspec.Struct) -> str:
    """Its bytes, as the last that decides."""
    return msgspec.json.encode(fact).decode()


def is_newer_notice(fact: NoticeWord, known: NoticeWord | None) -> bool:
    """Whether a notice, or its withdrawal, is of a later version."""
    return known is None or (fact.version, text(fact)) > (known.version, text(known))


def is_later(one: Verdict, other: Verdict) -> bool:
    """Whether the restorer said `one` after `other`: by its own count, and by its clock where an older one did not count."""
    if one.turn is not None and other.turn is not None and one.turn != other.turn:
        return one.turn > other.turn
    return _said(one, other) > _said(other, one)


def _said(word: Verdict, beside: Verdict) -> tuple[datetime, bool, datetime, str]:
    # Of one instant, and uncounted, the taking back is the later: rather dark for too long than back too soon.
    if isinstance(word, RestorationConfirmed):
        return word.confirmed_at, False, word.restored_at, text(word)
    assumed = beside.confirmed_at if isinstance(beside, RestorationConfirmed) else beside.decided_at or word.claimed_at
    return word.decided_at or assumed, True, word.claimed_at, text(word)
