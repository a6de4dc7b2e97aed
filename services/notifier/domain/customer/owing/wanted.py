"""Tell which words a customer is owed, as things stand: that power is off, the next one, that it is back. Pure.

The first word is owed to whoever does not know that their power, or a supply, is off; the next by the time that the last one
said, or once an expected time and what "about" leaves it has passed; that power is back once it is so by our own record, after
it has settled. What is settled, held or not said at all is for the texts to say (texts/supply_texts.py): nothing is owed of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifier.domain.customer.awaited_proof import settling_time
from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Belief,
    Customer,
    DueText,
    believe,
    is_better,
)
from services.notifier.domain.customer.lanes import word_due
from services.notifier.domain.customer.owing.confirming import has_confirmed
from services.notifier.domain.customer.owing.state import FIRST_WORD, NEXT_WORD, RESTORED_WORD
from services.notifier.domain.customer.quiet_hours import reads_at_night
from services.notifier.domain.customer.texts.supply_texts import supply_saying
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.policy.promised import NONE, WordTimes
from services.policy.warning_times import warnings_at


@dataclass(frozen=True, slots=True)
class WordOwed:
    """A word that is owed, from `since` on, by `due_at`."""

    obligation: str
    since: datetime
    due_at: datetime
    at_risk_at: datetime
    mrid: str | None
    warn_again_at: tuple[datetime, ...] = ()


Wanted = Mapping[str, WordOwed]
"""By obligation."""


def wanted(state: Customer, since: datetime, now: datetime, watch: WorkWatch, times: WordTimes) -> Wanted:
    """What is owed. `since`: when what changed it came to be known here, for a word that begins to be owed now."""
    if state.profile is None:
        return {}
    belief = believe(state)
    if not state.holding() and belief.kind not in ("out", "supply-lost"):
        return {}
    saying = supply_saying(state, belief, now, watch.telling)
    found = (
        _first(state, belief, saying, since, times.first_word),
        _next(state, belief, since, watch, times.overdue_word),
        _restored(state, saying, since, watch, times.restored_word),
    )
    return {one.obligation: _warned_of(one, times.fractions_left) for one in found if one is not None}


def _first(
    state: Customer, belief: Belief, saying: DueText | None, since: datetime, within: timedelta
) -> WordOwed | None:
    if not within or saying is None or not _is_loss(saying, belief) or has_confirmed(state):
        return None
    # Where enough was said, it waits for room, or for the morning.
    hush = state.hushed.get(SUPPLY)
    begins = max(since, hush.until) if hush is not None else since
    return _owed(FIRST_WORD, since, begins + within, within, saying.lead.mrid)


def _is_loss(saying: DueText, belief: Belief) -> bool:
    """Whether it tells of power, or of a supply, that its reader takes to be there."""
    if saying.believes == "out":
        return belief.kind != "out"
    if saying.believes != "supply-lost" or belief.kind == "out":
        return False
    return belief.kind != "supply-lost" or not frozenset(saying.lost) <= belief.lost


def _next(state: Customer, belief: Belief, since: datetime, watch: WorkWatch, beyond: timedelta) -> WordOwed | None:
    if belief.kind not in ("out", "supply-lost") or is_better(state) or not state.holding():
        return None
    mrid = min(belief.mrids, default=None)
    if belief.next_word_by is not None:
        by = belief.next_word_by
        # At risk once it ought to have gone, by our own plan, and has not.
        return _owed(NEXT_WORD, since, by, by - word_due(belief.said_at, by), mrid)
    if belief.ert is None or not beyond:
        return None
    passed = belief.ert + watch.telling.about
    if state.profile is not None and reads_at_night(state.profile) == "hours":
        passed = watch.nights.over(passed)
    return _owed(NEXT_WORD, since, passed + beyond, beyond, mrid)


def _restored(
    state: Customer, saying: DueText | None, since: datetime, watch: WorkWatch, within: timedelta
) -> WordOwed | None:
    if not within or not is_better(state) or (state.settled and saying is None):
        return None
    due_at = since + settling_time(state, watch.telling) + within
    told = believe(state).mrids
    return _owed(RESTORED_WORD, since, due_at, within, min(told, default=None))


def _owed(obligation: str, since: datetime, due_at: datetime, within: timedelta, mrid: str | None) -> WordOwed:
    """`within`: the time that there is for it; what is left is counted over that."""
    return WordOwed(obligation, since, due_at, due_at - max(NONE, within), mrid)


def _warned_of(owed: WordOwed, fractions: Sequence[float]) -> WordOwed:
    """With when it is called at risk, from its `at_risk_at` on, where its time begins; never before it is owed."""
    at = warnings_at(owed.at_risk_at, owed.due_at, fractions)
    first, *again = sorted({max(owed.since, one) for one in at})
    return replace(owed, at_risk_at=first, warn_again_at=tuple(one for one in again if one < owed.due_at))
