"""What is told of a matter: answers in their places, and when a fact counts as having happened. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

import msgspec

from schemas.contracts.base import Wire, encode
from services.kernel.values.sortedset import SortedSet
from services.plausibility import AS_OF_RECORD, IN_THE_FUTURE, Figures
from services.restorer.domain.callers.reports import Moment

DIGEST: Final = 16  # bytes
OUTAGES_KEPT: Final = 50
"""What is about more outages is shown with so many."""
F = TypeVar("F", bound=Wire)


class GivenAnswer(NamedTuple):
    """An answer in its place: by its instant, then by who says so."""

    at: datetime
    cause: str
    by: str = ""


def first_answer(answers: SortedSet[GivenAnswer], since: Moment | None, early: timedelta) -> GivenAnswer | None:
    """The first answer that can be one: not before the matter came, but by as much as clocks differ."""
    if since is None:
        return None
    found = answers.ceiling(GivenAnswer(since.at - early, ""))
    return None if found is None else found._replace(at=max(found.at, since.at))


def reason_of_answer(matter: str, known: GivenAnswer | None, answer: GivenAnswer | None) -> str:
    """What an answer comes to: `known` is the one that counted before it, `answer` the one that counts now."""
    if answer is None:
        return "answered-before-received"
    return f"{matter}-answered" if known is None or answer < known else "answered-before"


def with_outage(outages: tuple[str, ...], mrid: str | None) -> tuple[str, ...]:
    """The first of them by name, so that the order in which they came does not show."""
    return outages if mrid is None else tuple(sorted({*outages, mrid}))[:OUTAGES_KEPT]


def digest(fact: Wire) -> bytes:
    """Tells two facts apart."""
    return hashlib.sha256(type(fact).__name__.encode() + encode(fact)).digest()[:DIGEST]


def as_of_record(fact: F, field: str, recorded_at: datetime, figures: Figures) -> tuple[F, str | None]:
    """The fact, dated by its record where it says in `field` to have happened after that; and the reason.

    What lies further ahead than clocks differ is mostly local time with a Z behind it; the true instant was not after the record's.
    """
    at: datetime = getattr(fact, field)
    if at <= recorded_at + figures.ahead:
        return fact, None
    dated = msgspec.structs.replace(fact, **{field: recorded_at})
    return dated, AS_OF_RECORD if at <= recorded_at + figures.ahead_most else IN_THE_FUTURE
