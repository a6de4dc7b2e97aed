"""Faults of telling whom an outage touches, and of matching names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from services.concerned import matching
from services.notifier import app
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.events import AudienceNext
from services.notifier.domain.fanout import decider
from services.notifier.domain.outage.truth import ENDED
from services.notifier.fanning.pressure import TellingPressure
from services.notifier.tables import due_outages, fanout, notifications
from tests.sim.mutants import stories, worlds
from tests.sim.mutants.registry import mutant, other_sql


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


@mutant(under=stories.all_lines_go_off_at_once)
def one_told_is_all_told() -> Iterator[None]:
    """Outages that are told in one transaction count as told once the first of them is: nobody hears of the others."""
    others = "where mrid = $1 and version = $2"
    with other_sql(due_outages.SQL, "move_job", others, f"{others} or (chunks = 0 and not done)"):
        yield


@mutant(under=stories.all_lines_go_off_at_once)
def beyond_its_share_nobody_is_told() -> Iterator[None]:
    """Of outages that are told together each has its share of a transaction, and whoever is beyond it is forgotten."""
    read = fanout.read_fanout

    async def no_more(connection: Any, message: Any, chunk: int) -> Any:
        found = await read(connection, message, chunk)
        shared = isinstance(message.data, AudienceNext) and message.data.most
        return replace(found, more=False) if found is not None and shared else found

    with patch.object(app, "read_fanout", no_more):
        yield


@mutant(under=stories.two_words_at_once_are_many)
def words_under_way_are_never_heard() -> Iterator[None]:
    """What was said counts as under way for ever: once there is as much of it as may be, nobody else is told anything."""

    async def all_of_them(self: TellingPressure) -> int:
        return self._count()

    with patch.object(TellingPressure, "_unheard", all_of_them):
        yield


@mutant(under=worlds.some_stay_off)
def somebody_is_forgotten_in_the_fan_out() -> Iterator[None]:
    """Of an outage's first chunk the first customer is left out, and counts as told: they sit in the dark, and nobody knows."""
    word = decider._word

    def but_the_first(job: Any, one: Any, *more: Any) -> Any:
        return None if one.customer_id.endswith("1") and one.member is None else word(job, one, *more)

    with patch.object(decider, "_word", but_the_first):
        yield
