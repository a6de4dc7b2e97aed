"""By when somebody has a task, and how long they have for it; when dispatch is asked back, how often reporters are called. Pure.

The [settings.tasks], [settings.silence] and [settings.followups] of a regime file, and times of its [settings.lifecycle].
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from schemas.contracts.customers import Importance

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TaskTimes:
    """So soon a task is taken, by whom it concerns; then it is raised again, each time after twice as long."""

    life_support: timedelta = 5 * MINUTE
    special: timedelta = 10 * MINUTE
    first: timedelta = 15 * MINUTE
    second: timedelta = 30 * MINUTE
    others: timedelta = 60 * MINUTE
    look: timedelta = 240 * MINUTE
    """What need only be looked at."""
    doublings: int = 5
    """After so many times the pause grows no more; 0: it never does."""
    doing: timedelta = 60 * MINUTE
    """Whoever took it has so long for it, at least; then anybody may take it over."""

    @property
    def by_urgency(self) -> tuple[timedelta, ...]:
        """From the most urgent on (schemas/contracts/duty/tasks.py: 1 to 6)."""
        return (self.life_support, self.special, self.first, self.second, self.others, self.look)

    def within(self, urgency: int) -> timedelta:
        """How soon somebody has a task of this urgency; one that nobody knows is only looked at."""
        known = self.by_urgency
        return known[urgency - 1] if 1 <= urgency <= len(known) else self.look


@dataclass(frozen=True, slots=True)
class AskingTimes:
    """After so long dispatch is asked for the word that is missing. A time of zero asks for nothing."""

    still_off_after: timedelta = 24 * 60 * MINUTE
    """Power is off, and nothing was heard of the outage since."""
    cleared_after: timedelta = 60 * MINUTE
    """The crew is done, and nobody said that the cause is cleared, or that power is back."""


ASKING_TIMES: Final = AskingTimes()
TASK_TIMES: Final = TaskTimes()
"""The product's own, where a regime says nothing."""

Anew = Literal["not-called", "everybody"]
Unreached = Literal["called", "not-called"]


@dataclass(frozen=True, slots=True)
class FollowupTimes:
    """The [settings.followups] of a regime file: how people call back who reported a fault, once power is back."""

    tries: int = 3
    """After so many calls in vain a reporter counts as unreached, and nobody is asked to call any more."""
    again_after: timedelta = 240 * MINUTE
    """After a call in vain the next is asked for so much later, and never at night (QuietHours)."""
    same_call: timedelta = 15 * MINUTE
    """Calls in vain that lie no further apart are one: people and the call centre's system both tell of it."""
    reopened: Anew = "not-called"
    """Who is asked again where power went off once more after it was back: whom nobody had called yet, or everybody."""
    unreached: Unreached = "called"
    """What a reporter who was called as often as `tries` in vain is where an outage promises calls; in the rate never called."""


FOLLOWUP_TIMES: Final = FollowupTimes()
"""The product's own, where a regime says nothing."""


Rank = Literal["life-support", "special", "first", "second", "temporary"]
"""Whom a customer comes before: whose life power keeps comes before any importance."""
RANKS: Final[tuple[Rank, ...]] = ("life-support", "special", "first", "second", "temporary")


@dataclass(frozen=True, slots=True)
class SilenceTimes:
    """By rank; counted from when power went off, or from the last word that a provider took."""

    life_support: timedelta = 20 * MINUTE
    special: timedelta = 30 * MINUTE
    first: timedelta = 60 * MINUTE
    second: timedelta = 120 * MINUTE
    temporary: timedelta = 120 * MINUTE

    @property
    def by_rank(self) -> tuple[timedelta, ...]:
        """In the order of RANKS."""
        return (self.life_support, self.special, self.first, self.second, self.temporary)

    def of(self, rank: Rank) -> timedelta:
        """How long a customer of this rank may hear nothing."""
        return self.by_rank[RANKS.index(rank)]


SILENCE_TIMES: Final = SilenceTimes()
"""The product's own, where a regime says nothing."""


def rank_of(importance: Importance, *, life_support: bool) -> Rank:
    """The rank of a customer."""
    return "life-support" if life_support else importance
