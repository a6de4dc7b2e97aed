"""Regimes whose rules ask for more than the class of work: promises, breaches, orders and clocks under them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import CurtailmentOrdered
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.field.curtailment_scheme import Scheme
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from tests.kits.deciders.planner import CITY, LAWFUL, MRID, NOW, Stream, amend, last_word, request, started

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONES = {"au-nerr": ("AU", "Australia/Adelaide"), "us-me": ("US", "America/New_York"), "gb": ("GB", "Europe/London")}
PLACE = Extent(lines=("L",), areas=("A",), customers_affected=500)


def planner(name: str, scheme: Scheme | None = None) -> PlannerOutage:
    country, zone = ZONES[name]
    return PlannerOutage(load_policy(policy_path(name)), WorkingCalendar(country, zone), scheme=scheme)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("au-nerr", "au.planned.four-business-days"),
        ("us-me", "us-me.planned.three-days"),
        ("gb", "gb.planned.two-days"),
    ],
)
def test_the_public_is_promised_its_notice_and_a_breach_breaks_it(name: str, rule: str) -> None:
    stream = Stream(planner(name))
    decision = stream.hears(request(extent=PLACE, period=Period(start=NOW + 15 * DAY, end=NOW + 15 * DAY + 6 * HOUR)))
    assert any(kind == "promise.kept" and by.startswith(rule[:12]) for kind, by in stream.promised(decision)), name
    early = stream.hears(
        msgspec.structs.replace(started(), started_at=NOW + 15 * DAY - HOUR, extent=PLACE), NOW + 15 * DAY
    )
    assert early.reason == "started-early"
    assert last_word(early).findings[0].rule.policy_id == name
    assert any(kind == "promise.corrected" for kind, _ in stream.promised(early))


def test_a_breach_cites_the_rule_with_the_figure_not_the_list_of_contents() -> None:
    breach = last_word(Stream(planner("au-nerr")).hears(started()))
    assert breach.findings[0].rule.rule_id == "au.planned.four-business-days"


def test_more_customers_than_were_noticed_bring_the_rule_that_binds_many() -> None:
    stream = Stream(planner("us-me"))
    few = msgspec.structs.replace(PLACE, customers_affected=5)
    soon = Period(start=NOW + 30 * HOUR, end=NOW + 33 * HOUR)
    assert stream.hears(request(period=soon, extent=few)).reason == "published"
    many = msgspec.structs.replace(PLACE, customers_affected=5000)
    decision = stream.hears(amend(2, soon, many), NOW + HOUR)
    assert decision.events[1].type == "plan.rejected.v1"


def test_an_order_is_held_to_a_published_scheme_though_the_regime_has_no_rule_for_it() -> None:
    scheme = Scheme("s", "t", {1: frozenset({"A"}), 2: frozenset(CITY.lines)})
    order = CurtailmentOrdered(
        mrid=MRID, ordered_at=NOW, planned_period=LAWFUL, extent=CITY, scheme_id="s", scheme_step=2
    )
    decision = Stream(planner("gb", scheme)).hears(order)
    accepted = decision.events[1].data
    assert decision.reason == "scheme-out-of-sequence"
    assert accepted.findings[0].rule.rule_id == "settings.curtailment_scheme"  # type: ignore[attr-defined]


def test_an_order_under_a_regime_without_a_rule_or_scheme_names_its_policy_all_the_same() -> None:
    order = CurtailmentOrdered(mrid=MRID, ordered_at=NOW, planned_period=LAWFUL, extent=CITY)
    accepted = Stream(planner("gb")).hears(order).events[1].data
    assert (accepted.findings, accepted.policy_id) == ((), "gb")  # type: ignore[attr-defined]
