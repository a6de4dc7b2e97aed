"""Faults of telling whom an outage touches, and of matching names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from services.notifier.domain import matching
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.fanout import decider
from services.notifier.domain.outage.truth import ENDED
from services.notifier.tables import notifications
from tests.sim.mutants import stories, worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.words_come_in_disorder)
def fan_out_without_version() -> Iterator[None]:
    """A conversation believes whichever word comes last: an older one that comes late says off again."""
    touched = NotifierCustomer._touched

    def believing(self: NotifierCustomer, state: Any, data: Any, now: Any) -> Any:
        others = {mrid: word for mrid, word in state.outages.items() if mrid != data.mrid}
        return touched(self, replace(state, outages=others), data, now)

    with patch.object(NotifierCustomer, "_touched", believing):
        yield


@mutant(under=stories.most_of_a_line_is_back)
def fan_out_forgets_who_left() -> Iterator[None]:
    """Whom a smaller outage no longer touches is told nothing: they wait in the light for power to come back."""
    word = decider._word

    def of_members(job: Any, one: Any, *more: Any) -> Any:
        left = one.matched_by is None and job.due.truth.status not in ENDED
        return None if left else word(job, one, *more)

    with patch.object(decider, "_word", of_members):
        yield


@mutant(under=worlds.dispatch_spells_otherwise)
def exact_names_in_one_service() -> Iterator[None]:
    """The notifier compares names as they were written: who lies on a line that dispatch spells otherwise hears nothing."""
    with (
        patch.object(matching, "normals", frozenset),
        patch.object(matching, "forms", tuple),
    ):
        yield


@mutant(under=worlds.people_move_where_it_is_dark)
def who_moves_is_not_matched() -> Iterator[None]:
    """A customer who is new or moved is not matched with the outages that are open: their new home is dark, and nobody says so."""

    async def nothing(*_: object, **__: object) -> None:
        """Leave no row."""

    with patch.object(notifications, "put_rematch", nothing):
        yield
