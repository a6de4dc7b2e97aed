"""Set the lane by customer and the times by trigger. One table, each figure with its unit and its reason.

Which text waits for the morning stands in quiet_hours.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, get_args

from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import Lane, Trigger

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

LANE_RANK: Final[Mapping[Lane, int]] = {"critical": 0, "key": 1, "notice": 2, "bulk": 3}

# A promised next word goes out this long before it is due, so that it is read in time.
WORD_LEAD: Final = 10 * MINUTE
# Dispatch's own promise is kept as it is said, unless it has all but come.
NEAREST_WORD: Final = 5 * MINUTE
# Changes of the expected time within this of the last text are merged into one (unless the spoken time comes first).
CHURN_PAUSE: Final = 30 * MINUTE
# Changed times told per cut of power; further ones are told when the spoken time has passed.
CHURN_CAP: Final = 4
# Next words with no time known: soon at first, then rarer, so that a long cut does not become noise.
NEXT_WORD: Final = (1 * HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)
# Promised instants are rounded up to the quarter of an hour, as people say times.
NEXT_WORD_STEP: Final = 15 * MINUTE
# "Power is back" is of no use to anybody a day later.
RESTORED_STALE: Final = 24 * HOUR
# Work that begins within this is not for the notice lane any more.
SOON: Final = 24 * HOUR
# The sender drops a text at its last useful moment; the stream's own timer comes after, in case the sender is gone.
EXPIRY_BACKSTOP: Final = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Timing:
    """`due`: should be accepted by then; `useful`: of no use later; both after the request, or after it may go."""

    due: timedelta
    useful: timedelta
    why: str


TIMING: Final[Mapping[Trigger, Timing]] = {
    "planned-notice": Timing(2 * HOUR, timedelta(days=30), why="to prepare by; useless once work begins"),
    "temporary-notice": Timing(15 * MINUTE, 24 * HOUR, why="at once: 第2篇 第十条(二)10 及时通知"),
    "moved": Timing(1 * HOUR, timedelta(days=30), why="replaces what they plan by"),
    "cancelled": Timing(1 * HOUR, timedelta(days=30), why="spares the preparation; until the old end"),
    "fault": Timing(10 * MINUTE, 2 * HOUR, why="they sit in the dark; until the expected time"),
    "fault-time-unknown": Timing(10 * MINUTE, 2 * HOUR, why="as fault; until the promised next word"),
    "ert-changed": Timing(15 * MINUTE, 2 * HOUR, why="until the new time"),
    "ert-overdue": Timing(15 * MINUTE, 2 * HOUR, why="until the promised next word"),
    "part-restored": Timing(15 * MINUTE, 6 * HOUR, why="they see it themselves, but should know it is meant"),
    "restored": Timing(15 * MINUTE, 6 * HOUR, why="ends what we said; standby plant can be stood down"),
    "reopened": Timing(10 * MINUTE, 2 * HOUR, why="as fault"),
    "breach-apology": Timing(15 * MINUTE, 4 * HOUR, why="our own error: 第1篇 4.2.4 立即赔礼道歉"),
    "correction": Timing(15 * MINUTE, 6 * HOUR, why="what we said is false"),
}
if set(TIMING) != set(get_args(Trigger)):
    raise AssertionError("lanes.TIMING must name every trigger of schemas.contracts.messages")

NOTICES: Final[frozenset[Trigger]] = frozenset({"planned-notice", "temporary-notice", "moved", "cancelled"})
SAYS_ON: Final[frozenset[Trigger]] = frozenset({"restored", "part-restored", "correction"})
SAYS_OFF: Final[frozenset[Trigger]] = frozenset(TIMING) - NOTICES - SAYS_ON
"""Texts that say that power is off now."""


@dataclass(frozen=True, slots=True)
class TextInstants:
    """The instants of one text, aware UTC: not_before <= due_at <= expires_at."""

    not_before: datetime
    due_at: datetime
    expires_at: datetime


def lane_of(profile: CustomerUpserted, trigger: Trigger, *, soon: bool) -> Lane:
    """critical: special importance or life support; notice: planned work that is not `soon`; key: the rest.

    bulk is not used for key customers.
    """
    if is_critical(profile):
        return "critical"
    return "notice" if trigger in NOTICES and trigger != "temporary-notice" and not soon else "key"


def slot(
    trigger: Trigger,
    *,
    now: datetime,
    earliest: datetime | None = None,
    due_by: datetime | None = None,
    useful_until: datetime | None = None,
    rests_until: datetime | None = None,
) -> TextInstants:
    """When to send. `due_by` (a notice's inform_by) and `useful_until` (start of work, spoken time) tighten it.

    `rests_until`: the morning that it waits for, if it does; then it is due and of use from then on.
    """
    timing = TIMING[trigger]
    start = max(filter(None, (now, earliest, rests_until)))
    expires = min(start + timing.useful, useful_until) if useful_until else start + timing.useful
    expires = max(expires, start + MINUTE)
    if due_by is None or (rests_until is not None and due_by <= rests_until):
        due_by = start + timing.due
    return TextInstants(start, max(start, min(due_by, expires)), expires)


def is_critical(profile: CustomerUpserted) -> bool:
    """Whether nothing about this customer waits for anything else: of special importance, or life hangs on it."""
    return profile.importance == "special" or profile.life_support


def next_word(now: datetime, told_before: int, promised: datetime | None, expected: datetime | None = None) -> datetime:
    """The instant by which to promise the next word: dispatch's own as it said it, else the table's, rounded up.

    `expected`: a time that is not sure; the word is promised by then at the latest.
    """
    if promised is not None and promised > now + NEAREST_WORD:
        return promised
    at = now + NEXT_WORD[min(told_before, len(NEXT_WORD) - 1)]
    if expected is not None:
        at = min(at, max(expected, now + 2 * WORD_LEAD))
    beyond = timedelta(seconds=at.timestamp() % NEXT_WORD_STEP.total_seconds())
    return at + (NEXT_WORD_STEP - beyond) if beyond else at


def word_due(said_at: datetime | None, by: datetime) -> datetime:
    """When a word that was promised by then goes out: some time before, and not sooner than halfway there."""
    if said_at is None or said_at >= by:
        return by - WORD_LEAD
    return by - min(WORD_LEAD, (by - said_at) / 2)
