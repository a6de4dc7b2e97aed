"""Faults of a month's figures: averages that flatter, statements that are corrected by nothing."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from services.restorer.domain.months import decider, judging, statement
from services.restorer.tables.months import measured_cases
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.a_month_goes_by)
def crews_of_whom_nobody_knows_came_at_once() -> Iterator[None]:
    """In an average a crew whose coming nobody recorded counts as one that came at once: the average is too good."""
    measured = measured_cases.measured

    def flattering(*given: Any) -> Any:
        return tuple(
            replace(one, done_at=one.done_at or one.since, left_out=None if one.done_at is None else one.left_out)
            for one in measured(*given)
        )

    with patch.object(measured_cases, "measured", flattering):
        yield


@mutant(under=worlds.a_month_goes_by)
def averages_are_rounded_down() -> Iterator[None]:
    """An average is cut off to whole minutes: 45.9 are published as the 45 that were promised."""
    against = judging._against

    def cut(limit: Any, figure: Any) -> Any:
        return against(limit, None if figure is None else figure // 1 if limit == "at-most" else figure)

    with patch.object(judging, "_against", cut):
        yield


@mutant(under=worlds.a_month_goes_by)
def a_statement_stands_for_ever() -> Iterator[None]:
    """What was published is never corrected: who asks again is told that it was published before."""
    with patch.object(decider, "is_same", lambda *_: True):
        yield


@mutant(under=worlds.a_month_goes_by)
def a_correction_says_nothing_of_what_changed() -> Iterator[None]:
    """A corrected statement does not say which figures differ from the one before."""
    with patch.object(statement, "changes", lambda *_: ()):
        yield
