"""Faults of notices: one stands that is known to be false, one comes too late, and nobody asks what became of the work."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from msgspec import structs

from schemas.contracts.dispatch import NoticeShown
from services.kernel.model import Decision
from services.notifier.domain.outage.informed_promise import NoticeReach
from services.planner.domain import decider
from services.planner.domain.field import facts
from services.planner.domain.notice.publishing import NoticePublisher
from services.planner.domain.shown import told
from services.planner.domain.shown.reading import PublicReading, notice_of
from services.planner.domain.verdict import judge
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.works_are_changed)
def notice_stands_after_a_refused_change() -> Iterator[None]:
    """A change that is refused leaves the notice as it was: the public reads of work that will not be then."""
    outcome = decider.outcome

    def of_what_was_accepted(base: Any, words: Any, table: Any) -> Any:
        return outcome(base, [word for word in words if word.final], table)

    with patch.object(decider, "outcome", of_what_was_accepted):
        yield


@mutant(under=worlds.works_are_changed)
def cancelled_notice_stands() -> Iterator[None]:
    """What is called off stays announced: customers prepare for a cut that does not come."""
    with patch.object(NoticePublisher, "withdraw", lambda *_: iter(())):
        yield


@mutant(under=worlds.dispatch_takes_words_back)
def notice_of_no_work_stands() -> Iterator[None]:
    """Work that there is not stays announced, and what was promised of it is judged."""
    with patch.object(NoticePublisher, "no_outage", lambda *_: iter(())):
        yield


@mutant(under=worlds.works_are_changed)
def a_day_of_notice_too_few() -> Iterator[None]:
    """Six whole days count as seven: work is announced later than the standard allows."""
    first = judge._first_start

    def earlier(*given: Any) -> tuple[datetime, bool]:
        start, provisional = first(*given)
        return start - timedelta(days=1), provisional

    with patch.object(judge, "_first_start", earlier):
        yield


@mutant(under=worlds.works_are_changed)
def noticed_end_not_watched() -> Iterator[None]:
    """Nobody looks whether power is back by the noticed end: work that runs over, or never began, is not noticed."""
    timers = facts.timers

    def without_end(state: Any) -> dict[str, datetime]:
        return {name: due for name, due in timers(state).items() if name != facts.NOTICED_END}

    with patch.object(facts, "timers", without_end):
        yield


@mutant(under=worlds.texts_go_nowhere)
def sent_counts_as_told() -> Iterator[None]:
    """Key customers count as told of planned work once a text is sent: whom none reached is thought to know."""
    with patch.object(NoticeReach, "all_by", lambda *_: True):
        yield


@mutant(under=worlds.things_are_called_by_the_wrong_name)
def work_called_a_fault_needs_no_notice() -> Iterator[None]:
    """Who reports unannounced work as a fault has broken no promise to announce it."""
    with patch.object(facts.FieldWords, "classified", lambda *_: Decision("class-known")):
        yield


@mutant(under=worlds.a_board_shows_notices)
def kept_when_published() -> Iterator[None]:
    """The public counts as told when a notice is published: that nobody could read it is not seen."""
    made = told.made

    def on_publication(*given: Any) -> Any:
        promise = made(*given)
        return None if promise is None else structs.replace(promise, counted_by=())

    with patch.object(told, "made", on_publication):
        yield


@mutant(under=worlds.a_board_shows_notices)
def shown_of_an_older_version_counts() -> Iterator[None]:
    """Whatever words stand on the page, they count as those of the notice in force: people read of another day."""
    shown = PublicReading.shown

    def in_any_words(self: PublicReading, state: Any, fact: NoticeShown, *more: Any) -> Decision:
        known = notice_of(state, fact.notice_id)
        return shown(self, state, fact if known is None else structs.replace(fact, digest=known[0].digest), *more)

    with patch.object(PublicReading, "shown", in_any_words):
        yield
