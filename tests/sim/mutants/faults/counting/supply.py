"""Faults of figures of supply: who had no power counts twice, too long, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from msgspec import structs

from services.reliability import once
from services.restorer.domain.figures import steps
from services.restorer.domain.figures.groups import DarkGroups
from services.restorer.tables.overlaps import OverlapWatch
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.outages_share_customers)
def who_is_heard_of_last_is_counted_twice() -> Iterator[None]:
    """Nobody looks again at outages that were over when another was heard of: whoever was off under both counts twice."""

    async def nothing(_: Any) -> None:
        return None

    with patch.object(OverlapWatch, "look", nothing):
        yield


@mutant(under=worlds.outages_share_customers)
def one_under_two_outages_is_two() -> Iterator[None]:
    """Each outage counts its customers for itself: a storm in which lines and transformers fail looks twice as bad as it was."""
    with patch.object(once, "_hand_over", lambda *_: None):
        yield


@mutant(under=worlds.customers_are_numbers)
def a_part_that_is_back_goes_on_counting() -> Iterator[None]:
    """What dispatch says of parts moves no number: minutes are published in which people had power."""
    by_counts = steps._by_counts

    def uncounted(mark: Any) -> Any:
        if mark.step is None:
            return mark
        restored = structs.replace(mark.step.restored, customers_affected=None)
        return mark._replace(step=replace(mark.step, restored=restored))

    def deaf(marks: Any) -> Any:
        return by_counts([uncounted(mark) for mark in marks])

    with patch.object(steps, "_by_counts", deaf):
        yield


@mutant(under=worlds.customers_are_numbers)
def who_joins_was_off_all_the_time() -> Iterator[None]:
    """Whoever loses power later counts from the beginning of the outage."""
    lose = DarkGroups.lose

    def earlier(self: DarkGroups, since: datetime, customers: int) -> None:
        lose(self, min([since, *(at for at, _ in self.off)]), customers)

    with patch.object(DarkGroups, "lose", earlier):
        yield


@mutant(under=worlds.customers_are_numbers)
def what_never_was_counts() -> Iterator[None]:
    """An outage that dispatch takes back counts until it was taken back."""
    interruptions = steps.interruptions_of

    def counted(state: Any, course: Any) -> Any:
        if course.status != "withdrawn":
            return interruptions(state, course)
        for one in course.episodes:
            one.ended, one.withdrawn = one.withdrawn, None
        with patch.object(steps, "COUNTED", steps.COUNTED | {"withdrawn"}):
            return [*interruptions(state, course)]

    with patch("services.restorer.domain.figures.outage.interruptions_of", counted):
        yield
