"""Each kind of stream of the restorer registers itself, and a fact goes to one of them."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import CallsAnswered, ComplaintWithdrawn, CrewStatus, Fact, PlannedCancelled
from services.kernel.model import Message
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.kinds import KINDS

NOW = datetime(2026, 3, 5, 8, tzinfo=UTC)
RESTORER = Restorer(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))


def test_a_kind_goes_by_the_category_of_its_decider() -> None:
    assert {name: decider.category for name, decider in RESTORER.deciders.items()} == {
        kind.category: kind.category for kind in KINDS
    }


def test_no_two_kinds_mean_different_things_by_one_type_or_let_operators_ask_for_the_same() -> None:
    for named in ([*kind.structs] for kind in KINDS), ([*kind.actions] for kind in KINDS):
        counted = Counter(name for names in named for name in names)
        assert {name for name, count in counted.items() if count > 1} == set()


@pytest.mark.parametrize(
    ("fact", "stream"),
    [
        (CrewStatus(mrid="F-1", crew_status="arrived", at=NOW), "outage/F-1"),
        (ComplaintWithdrawn(complaint_id="C-1", outage="F-1", withdrawn_at=NOW), "complaint/C-1"),
        (CallsAnswered(hotline="95598", hour=NOW, calls=3, answered=3), "hotline/95598"),
    ],
)
async def test_a_fact_goes_to_the_kind_that_takes_it(fact: Fact, stream: str) -> None:
    key = stream.partition("/")[2]
    routed = await RESTORER.route(None, Message("/test", "1", TYPE_OF[type(fact)], NOW, fact, key, 0))
    assert routed.stream is not None
    assert routed.stream.startswith(stream)


async def test_a_cancelled_plan_is_for_the_planner_alone() -> None:
    fact = PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW)
    routed = await RESTORER.route(None, Message("/test", "1", TYPE_OF[type(fact)], NOW, fact, "P-1", 0))
    assert (routed.stream, routed.reason) == (None, "not-a-restoration-fact")
