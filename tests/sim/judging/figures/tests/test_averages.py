"""The referee of a month's averages works them out from the facts, and lets no other figure or verdict pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent, RuleRef
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted, OutageWithdrawn, SupplyRestored
from services.restorer.domain.months.events import AggregateJudged
from tests.sim.judging.figures.averages import averages, misjudged, rule_of

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MARCH = "2026-03"


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def fault(mrid: str, came: float | None, territory: Any = "urban", **more: Any) -> list[Any]:
    """Reported at noon, over two hours later; the crew came so many minutes after the report, or nobody says."""
    crew = [] if came is None else [CrewStatus(mrid=mrid, crew_status="arrived", at=minute(came))]
    return [
        OutageStarted(mrid=mrid, outage_class="fault", started_at=minute(-5), extent=Extent()),
        FaultReported(mrid=mrid, reported_at=NOON, territory=territory, **more),
        *crew,
        SupplyRestored(mrid=mrid, restored_at=minute(120)),
    ]


def judged(territory: str, figure: float | None, verdict: Any = "kept") -> AggregateJudged:
    rule = RuleRef(policy_id="cn", policy_version="1", rule_id=rule_of(territory))
    return AggregateJudged(
        month=MARCH, rule=rule, number=1, verdict=verdict, figure=figure, unit="minutes", judged_at=NOON, reason="x"
    )


FACTS = [*fault("F-1", 30), *fault("F-2", 40.001), *fault("F-3", None), *fault("F-4", 100, "rural")]


def test_an_average_is_over_the_crews_that_came_in_each_territory_and_rounded_up() -> None:
    assert averages(FACTS, MARCH) == {rule_of("urban"): 35.01, rule_of("rural"): 100.0, rule_of("remote"): None}
    assert averages(FACTS, "2026-04") == dict.fromkeys(map(rule_of, ("urban", "rural", "remote")))


def test_of_an_outage_that_there_was_not_nothing_counts_and_of_what_it_cannot_weigh_it_says_nothing() -> None:
    none = OutageWithdrawn(mrid="F-4", withdrawn_at=minute(130))
    assert (averages([*FACTS, none], MARCH) or {})[rule_of("rural")] is None
    assert averages([*FACTS, *fault("F-5", 3, fault_side="customer")], MARCH) is None


RIGHT = [judged("urban", 35.01), judged("rural", 100.0, "broken"), judged("remote", None, "no-cases")]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (RIGHT, 0),
        ([judged("urban", 35.0), *RIGHT], 0),
        ([*RIGHT, judged("urban", 35.0)], 1),
        ([*RIGHT, judged("rural", 100.0, "kept")], 1),
        (RIGHT[1:], 1),
    ],
    ids=["right", "corrected since", "another figure", "another verdict", "not judged"],
)
def test_what_was_judged_last_is_held_to_it(words: list[AggregateJudged], wrong: int) -> None:
    assert len([*misjudged(words, FACTS, MARCH)]) == wrong
