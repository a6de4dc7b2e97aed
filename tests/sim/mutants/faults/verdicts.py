"""Faults of promises: judged at the wrong instant or never again, broken without a warning, taken for kept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from schemas.contracts.promises import PromiseCorrected
from schemas.contracts.restorations import FollowupEnded
from services.promises import verdicts
from services.restorer.domain import evolve
from services.restorer.domain.callers.calling_back import TimeWithPower
from services.restorer.domain.course import absence
from services.restorer.domain.deciding.timed import Timed
from services.restorer.domain.merging import judging
from services.restorer.domain.months import cases, statement
from services.restorer.domain.months import judging as months
from services.restorer.domain.months.figures import MonthFigures
from services.restorer.domain.owed import called_back, deadlines, reconciling
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.state import SupplyState
from services.restorer.tables.months import promise_cases
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


def _armed(change: Any) -> Any:
    """The restorer's deadlines, each as `change` makes it; None: not armed."""
    timers = deadlines.timers

    def changed(state: Any) -> dict[str, datetime]:
        found = {name: change(name, due) for name, due in timers(state).items()}
        return {name: due for name, due in found.items() if due is not None}

    return patch.object(deadlines, "timers", changed)


@mutant(under=worlds.deadlines_come)
def verdict_an_hour_late() -> Iterator[None]:
    """A deadline is looked at an hour after it: whoever waits for the verdict, or is to answer for it, hears of it too late."""
    with _armed(lambda name, due: due + timedelta(hours=1) if name.endswith("/due") else due):
        yield


@mutant(under=worlds.deadlines_come)
def verdict_before_its_time() -> Iterator[None]:
    """A promise is called broken at its warning: power that comes back in time comes back to a broken promise."""
    fired = Timed.fired

    def at_once(self: Timed, state: Any, timer: Any, *more: Any) -> Any:
        return fired(self, state, replace(timer, name=timer.name.replace("/at-risk", "/due")), *more)

    with patch.object(Timed, "fired", at_once):
        yield


@mutant(under=worlds.deadlines_come)
def nobody_is_warned() -> Iterator[None]:
    """No warning is armed: a crew that could still have made it hears of the deadline when it has passed."""
    with _armed(lambda name, due: None if name.endswith("/at-risk") else due):
        yield


@mutant(under=worlds.deadlines_come)
def nobody_is_warned_again() -> Iterator[None]:
    """Of a promise that was called at risk once no further warning is armed: nobody hears that its last tenth runs."""
    timers = deadlines.timers

    def once(state: Any) -> dict[str, datetime]:
        warned = {f"promise/{name}/at-risk" for name, one in state.promises.items() if one.at_risk}
        return {name: due for name, due in timers(state).items() if name not in warned}

    with patch.object(deadlines, "timers", once):
        yield


@mutant(under=worlds.deadlines_come)
def verdict_stands_for_ever() -> Iterator[None]:
    """A late fact corrects no verdict: a promise that was kept is published as broken."""
    settle = verdicts.settle

    def once(record: Any, *given: Any, **words: Any) -> Iterator[Any]:
        if record.standing == "open":
            yield from settle(record, *given, **words)

    with patch.object(deadlines, "settle", once), patch.object(reconciling, "settle", once):
        yield


@mutant(under=worlds.deadlines_come)
def done_is_kept_however_late() -> Iterator[None]:
    """What is done counts as done in time: the rate of kept promises that is published is too good."""
    standing = DuePromise.standing

    def kind(self: DuePromise, due_at: datetime) -> Any:
        found = standing(self, due_at)
        return "kept" if found == "broken" and self.done is not None else found

    with patch.object(DuePromise, "standing", kind):
        yield


@mutant(under=worlds.dispatch_takes_words_back)
def corrections_move_no_verdict() -> Iterator[None]:
    """Whose fault it was after all is not asked: promises bind whom they do not, and do not whom they do."""
    with patch.object(SupplyState, "corrected", lambda *_: None):
        yield


@mutant(under=worlds.lists_lack_outages)
def nobody_is_asked_about_an_absence() -> Iterator[None]:
    """An outage that its list lacks is never asked about: a poller that has ended leaves it open for ever."""
    with patch.object(absence, "timers", lambda *_: {}):
        yield


@mutant(under=worlds.things_are_called_by_the_wrong_name)
def what_it_is_moves_no_verdict() -> Iterator[None]:
    """A crew is owed to our own work, and none to a fault that was taken for it."""
    with patch.object(SupplyState, "reclassified", lambda *_: None):
        yield


@mutant(under=worlds.outages_are_one)
def both_of_one_outage_are_judged() -> Iterator[None]:
    """The promises of a merged outage go on beside those of the other: one fault counts twice."""
    with patch.object(reconciling, "_handed_over", lambda *_: iter(())):
        yield


@mutant(under=worlds.outages_are_one)
def what_is_said_of_the_merged_one_is_lost() -> Iterator[None]:
    """What dispatch still says of a merged outage is no longer taken for the other: power is back, and nobody hears of it."""
    with patch.object(judging, "handed_on", lambda *_: None):
        yield


@mutant(under=worlds.reporters_are_called_back)
def a_call_while_power_is_off_counts() -> Iterator[None]:
    """A call is one after a repair, however short that held: whoever sat in the dark when they were called is called no more."""
    with patch.object(TimeWithPower, "holds", lambda self, at: self.since <= at):
        yield


@mutant(under=worlds.reporters_are_called_back)
def called_whenever_is_called_in_time() -> Iterator[None]:
    """Whom nobody called counts as called: the promise to those who reported a fault is kept though they wait for a call."""
    with patch.object(called_back, "called_at", lambda _calls, back, _times: back.since):
        yield


@mutant(under=worlds.reporters_are_called_back)
def a_repair_that_did_not_hold_asks_nobody_anew() -> Iterator[None]:
    """What was void stays void: who reported it hears from nobody once it is mended for good."""
    said = evolve._SAID

    def ended(state: Any, word: FollowupEnded) -> Any:
        return state if word.report_id is None else said[FollowupEnded](state, word)

    with patch.object(evolve, "_SAID", {**said, FollowupEnded: ended}):
        yield


@mutant(under=worlds.a_month_goes_by)
def what_was_void_counts_as_kept() -> Iterator[None]:
    """In the figures of a month a promise that did not bind counts as kept: the public reads a rate that is too good."""
    rate_of = months.rate_of

    def flattering(figures: MonthFigures) -> months.Aggregate:
        rules = {name: replace(one, kept=one.kept + one.voided) for name, one in figures.rules.items()}
        return rate_of(figures._replace(rules=rules))

    with patch.object(months, "rate_of", flattering), patch.object(statement, "rate_of", flattering):
        yield


@mutant()
def corrected_promises_are_counted_as_before() -> Iterator[None]:
    """A verdict that a late fact overturned stays as it was among the cases of its month: what is published is not so."""
    heard = cases.heard

    def deaf(case: Any, service: str, said: Any, event_id: str) -> Any:
        if case is not None and isinstance(said, PromiseCorrected):
            return case
        return heard(case, service, said, event_id)

    with patch.object(promise_cases, "heard", deaf):
        yield
