"""Decide how fast texts go: tokens of one sender, shared by all processes and lanes; slower after a 429, slowly faster again. Pure.

A token is the right to one post. They come at a rate, up to as many as a moment's worth, and lanes take them in blocks. A less
urgent lane leaves some for the more urgent ones, so those never wait for more than one token; planned and bulk texts have a small
share of their own, so that a storm of faults delays them and does not end them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from schemas.contracts.messages import Lane

# Tokens that may gather: what comes in this many seconds, and at least so many (all lanes must find one at a slow rate, too).
GATHERS_SECONDS: Final = 0.25
GATHERS_LEAST: Final = 2.0
# What a lane leaves for the more urgent ones, as parts of what may gather.
LEAVES: Final[Mapping[Lane, float]] = {"critical": 0.0, "key": 1 / 8, "notice": 2 / 8, "bulk": 3 / 8}
# What a lane has though more urgent ones take all they find, as a part of the rate. None against the critical lane.
SHARES: Final[Mapping[Lane, float]] = {"notice": 0.05, "bulk": 0.05}
SHARE_GATHERS: Final = 1.0
# A block is what comes in so many seconds, at least one token: one look at the table for all of them.
BLOCK_SECONDS: Final = 0.25
# A 429 makes it slower by this factor, once for all posts that were under way. From nothing back to all that is allowed it takes
# so long.
SLOWER: Final = 0.7
FASTER_SECONDS: Final = 300.0
SLOWEST: Final = 1 / 64
"""Of the rate that is allowed: from there a minute's texts still show when it goes better."""
# After a 429 nothing goes for as long as the provider asked, within this: what it asks for more is for that text alone.
RESTS: Final = timedelta(seconds=5)
CRITICAL_RESTS: Final = timedelta(seconds=1)
# Clocks of processes differ by less. What lies further ahead was written by a clock that was wrong.
CLOCKS_DIFFER: Final = timedelta(seconds=5)
# A number that is refused by itself: the pause doubles with each time, up to the longest, and halves with each text that is taken.
NUMBER_WAITS: Final = timedelta(seconds=2)
NUMBER_WAITS_LONGEST: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pace:
    """One sender's. Rates in texts per second, real times."""

    ceiling: float
    """What it may do by the settings."""
    rate: float
    """What the provider takes of it, as far as is learned: at most the ceiling."""
    tokens: float
    as_of: datetime
    shares: Mapping[Lane, float] = field(default_factory=lambda: MappingProxyType({}))
    """Of the lanes that have a share, the tokens in it."""
    rests_until: datetime | None = None
    slowed_at: datetime | None = None
    """When a 429 last made it slower."""

    @property
    def gathers(self) -> float:
        """How many tokens there can be."""
        return max(GATHERS_LEAST, self.rate * GATHERS_SECONDS)

    @property
    def block(self) -> int:
        """How many are taken at once."""
        return max(1, int(self.rate * BLOCK_SECONDS))

    def least(self, lane: Lane) -> int:
        """With fewer a lane waits, so that behind a full queue, too, one look is for many; the critical lane never does."""
        return 1 if lane == "critical" else max(1, self.block // 2)


@dataclass(frozen=True, slots=True)
class Grant:
    """So many posts, or none and how long to wait before asking again."""

    tokens: int
    wait: timedelta = timedelta(0)


def full(ceiling: float, at: datetime) -> Pace:
    """Of a sender of which nothing is known yet."""
    return refill(Pace(ceiling, ceiling, max(GATHERS_LEAST, ceiling * GATHERS_SECONDS), at), ceiling, at)


def refill(pace: Pace, ceiling: float, at: datetime) -> Pace:
    """What came since; also by a ceiling that the settings changed. An earlier instant brings nothing, and takes nothing."""
    if pace.as_of - at > CLOCKS_DIFFER:
        pace = replace(pace, as_of=at)
    if pace.rests_until is not None and pace.rests_until - at > RESTS + CLOCKS_DIFFER:
        pace = replace(pace, rests_until=None)
    seconds = max(0.0, (at - pace.as_of).total_seconds())
    unslowed = pace.rate >= pace.ceiling
    rate = ceiling if unslowed else min(ceiling, pace.rate + ceiling * seconds / FASTER_SECONDS)
    came = replace(pace, ceiling=ceiling, rate=rate, as_of=max(pace.as_of, at))
    shares = {
        lane: min(SHARE_GATHERS, pace.shares.get(lane, SHARE_GATHERS) + rate * share * seconds)
        for lane, share in SHARES.items()
    }
    return replace(came, tokens=min(came.gathers, pace.tokens + rate * seconds), shares=shares)


def take(pace: Pace, lane: Lane, most: int, at: datetime) -> tuple[Pace, Grant]:
    """A block for a lane, of a pace that was refilled at that instant: at most `most`."""
    if (wait := _rests(pace, lane, at)) > timedelta(0):
        return pace, Grant(0, wait)
    leaves = LEAVES[lane] * pace.gathers
    share = min(int(pace.shares.get(lane, 0.0)), int(pace.tokens))
    least = min(most, pace.least(lane))
    free = int(pace.tokens - leaves)
    tokens = min(most, pace.block, max(free if free >= least else 0, share))
    if tokens <= 0:
        return pace, Grant(0, timedelta(seconds=max(0.01, (least + leaves - pace.tokens) / pace.rate)))
    shares = dict(pace.shares)
    if lane in shares:
        shares[lane] = max(0.0, shares[lane] - tokens)
    return replace(pace, tokens=pace.tokens - tokens, shares=shares), Grant(tokens)


def _rests(pace: Pace, lane: Lane, at: datetime) -> timedelta:
    """How long the lane still rests after a 429. The critical one tries again first: for others, too, it shows how things are."""
    if pace.rests_until is None:
        return timedelta(0)
    until = pace.rests_until
    if lane == "critical" and pace.slowed_at is not None:
        until = min(until, pace.slowed_at + CRITICAL_RESTS)
    return until - at


def give_back(pace: Pace, tokens: int) -> Pace:
    """Tokens that a lane has no texts for."""
    return replace(pace, tokens=min(pace.gathers, pace.tokens + tokens))


def slow(pace: Pace, began: datetime, at: datetime, asked_for: timedelta) -> Pace:
    """The provider refused a post that began then for its pace, and asked for that pause. What it refuses of the same moment, for
    posts that began before it was slowed down, says the same thing again.
    """  # noqa: D205 - two sentences
    rests = max(filter(None, (pace.rests_until, at + min(asked_for, RESTS))))
    if pace.slowed_at is not None and began <= pace.slowed_at <= at:
        return replace(pace, rests_until=rests)
    rate = max(pace.rate * SLOWER, pace.ceiling * SLOWEST)
    return replace(pace, rate=rate, tokens=0.0, rests_until=rests, slowed_at=at)


def whose(refused_before: int, *, others_taken: bool) -> Literal["sender", "number"]:
    """What a 429 is about. The sender; but a number's own where it was refused before, and others were taken since."""
    return "number" if refused_before and others_taken else "sender"


def number_waits(refused: int, asked_for: timedelta = timedelta(0)) -> timedelta:
    """The pause between two texts to a number that was refused so often, less what was taken since."""
    grown: timedelta = NUMBER_WAITS * 2 ** min(max(refused - 1, 0), 10)
    return max(min(asked_for, NUMBER_WAITS_LONGEST), min(grown, NUMBER_WAITS_LONGEST))
