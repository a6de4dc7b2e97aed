"""A line is the one that was noticed however it is written: no false breach, no refusal, no second year."""

from datetime import timedelta
from pathlib import Path

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CurtailmentOrdered, OutageStarted
from services.planner.domain.field.curtailment_scheme import findings, load_scheme
from services.planner.domain.notice_content import told_by, wider
from services.planner.domain.traits import usage_points
from services.planner.domain.verdict.other_work import places, written
from services.policy import rule_ref
from tests.kits.deciders.planner import CALENDAR, LAWFUL, MRID, NOW, POLICY, Stream, amend, request
from tests.kits.place_pairs import ONE, TWO

AREA = ("计划一带",)


def line(*names: str) -> Extent:
    return Extent(lines=names, areas=AREA)


def started(extent: Extent) -> OutageStarted:
    return OutageStarted(mrid=MRID, outage_class="planned", started_at=LAWFUL.start, extent=extent)


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_start_that_writes_the_noticed_line_in_another_way_is_no_breach(one: str, other: str) -> None:
    stream = Stream().hears_all([request(extent=line(one))])
    decision = stream.hears(started(line(other)), LAWFUL.start)
    assert decision.reason == "start-recorded"


@pytest.mark.parametrize(("one", "other"), TWO)
def test_a_start_on_another_line_is_wider_than_noticed(one: str, other: str) -> None:
    stream = Stream().hears_all([request(extent=line(one))])
    assert stream.hears(started(line(other)), LAWFUL.start).reason == "wider-than-noticed"
    assert wider(line(other), line(one), POLICY.inside) == {"line": (other,)}, "named as it was written"


def test_an_amendment_of_nothing_but_brackets_keeps_the_notices_clock() -> None:
    stream = Stream().hears_all([request(extent=line("10kV城东线（东段）"))])
    decision = stream.hears(amend(2, extent=line("10kV城东线(东段)")), LAWFUL.start - timedelta(days=1))
    assert decision.reason == "narrowed"


@pytest.mark.parametrize(("one", "other"), ONE)
def test_what_two_notices_have_in_common_knows_no_way_of_writing(one: str, other: str) -> None:
    noticed, planned = told_by(request(extent=line(one, "10千伏别线"))), told_by(request(extent=line(other)))
    both = noticed.common(planned, POLICY.inside)
    assert both is not None
    assert both.extent.lines == (one,)


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_usage_point_has_one_year_however_it_is_written(one: str, other: str) -> None:
    assert places(Extent(usage_points=(one,))) == places(Extent(usage_points=(other,)))
    assert usage_points(request(extent=Extent(usage_points=(one, other)))) == (one.strip(),)


def test_places_in_both_are_told_as_this_plan_writes_them() -> None:
    extent = Extent(lines=(" 10kV 城东线",), usage_points=("ＵＰ－１", "up-1"), transformers=("\u200b",))
    assert written(extent) == {"line:10kv城东线": "line:10kV 城东线", "usagePoint:up-1": "usagePoint:ＵＰ－１"}


def test_a_step_of_the_scheme_knows_its_lines_however_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text('id = "S"\ntitle = "T"\n[[steps]]\nlines = ["10kV城东线（东段）"]\n', encoding="utf-8")
    rule = rule_ref(POLICY, next(iter(POLICY.rules.values())), CALENDAR)

    def said(name: str) -> str:
        order = CurtailmentOrdered(
            mrid="C-1", ordered_at=NOW, planned_period=LAWFUL, extent=line(name), scheme_id="S", scheme_step=1
        )
        return findings(order, load_scheme(file), (), rule)[0].reason

    assert said("10千伏城东线(东段)") == "rule-met"
    assert said("10千伏城西线") == "line-not-in-step"
