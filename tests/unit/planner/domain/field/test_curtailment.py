"""A curtailment order is published as it is ordered, and held beside the scheme that the public could read."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CurtailmentOrdered
from schemas.contracts.notices import NoticePublished
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.field.curtailment_scheme import load_scheme
from services.planner.domain.verdict.other_work import CurtailmentStep, OtherWork
from services.policy import PolicyError
from tests.kits.deciders.planner import CALENDAR, MRID, POLICY, Stream, at, last_word, restored, span

SCHEME = """
id = "summer-2026"
title = "2026年迎峰度夏有序用电方案"
[[steps]]
lines = ["10千伏工业线", "10千伏钢厂线"]
[[steps]]
lines = ["10千伏城东线"]
"""
NOON = at("2026-07-20 12:00")


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    path = tmp_path / "scheme.toml"
    path.write_text(SCHEME, encoding="utf-8")
    return Stream(PlannerOutage(POLICY, CALENDAR, scheme=load_scheme(path)))


def order(step: int | None = 1, line: str = "10千伏工业线", scheme: str | None = "summer-2026") -> CurtailmentOrdered:
    return CurtailmentOrdered(
        mrid=MRID,
        ordered_at=NOON,
        planned_period=span("2026-07-20 13:00", "2026-07-20 17:00"),
        extent=Extent(lines=(line,), areas=("开发区",)),
        scheme_id=scheme,
        scheme_step=step,
    )


def in_force(*steps: int) -> OtherWork:
    return OtherWork(steps=tuple(CurtailmentStep(f"C-{n}", "summer-2026", n) for n in steps))


def test_an_order_in_sequence_is_published_at_once_and_promises_its_noticed_end(stream: Stream) -> None:
    decision = stream.hears(order(), NOON, known=in_force())
    notice = last_word(decision)
    assert isinstance(notice, NoticePublished)
    assert (decision.reason, notice.outage_class, notice.published_at) == ("order-published", "curtailment", NOON)
    assert "停电类型:有序用电停电" in notice.text["zh-CN"]
    assert stream.promised(decision) == [("promise.made", "cn.planned.done-by-noticed-end")]


@pytest.mark.parametrize(
    ("sentence", "said", "known", "gap"),
    [
        ("the second step before the first", order(2, "10千伏城东线"), in_force(), "scheme-out-of-sequence"),
        ("a line of another step", order(1, "10千伏城东线"), in_force(), "line-not-in-step"),
        ("a step there is not", order(7), in_force(1, 2), "scheme-step-unknown"),
        ("another scheme", order(scheme="winter-2025"), in_force(), "scheme-not-published"),
        ("no scheme named", order(None, scheme=None), in_force(), "scheme-step-missing"),
    ],
)
def test_a_gap_is_flagged_and_the_order_published_all_the_same(
    stream: Stream, sentence: str, said: CurtailmentOrdered, known: OtherWork, gap: str
) -> None:
    decision = stream.hears(said, NOON, known=known)
    assert decision.reason == gap, sentence
    assert stream.said(decision) == ["plan.accepted", "notice.published"], sentence
    assert decision.events[1].data.warnings == (f"scheme-gap:{gap}",), sentence  # type: ignore[attr-defined]


def test_the_second_step_follows_the_first(stream: Stream) -> None:
    assert stream.hears(order(2, "10千伏城东线"), NOON, known=in_force(1)).reason == "order-published"


def test_an_order_heard_twice_is_one_order(stream: Stream) -> None:
    stream.hears(order(), NOON)
    assert stream.hears(order(), NOON).reason == "already-ordered"


def test_a_curtailment_is_restored_like_any_cut(stream: Stream) -> None:
    stream.hears(order(), NOON)
    decision = stream.hears(restored("2026-07-20 16:30", outage_class="curtailment"), at("2026-07-20 16:31"))
    assert last_word(decision).outcome == "carried-out"
    assert stream.timers() == {}


def test_a_curtailment_past_its_noticed_end_is_a_breach(stream: Stream) -> None:
    stream.hears(order(), NOON)
    assert stream.fire("noticed-end").reason == "overran"


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('lines = ["10千伏城东线"]', "lines = []", r"line 7: step 2: lines: \[\] names no lines: write lines"),
        ('id = "summer-2026"', "", r"id: is missing"),
        ("[[steps]]", "[[step]]", r"steps: holds no rules|steps: is missing"),
        ("title = ", "title ", r"is not TOML"),
    ],
)
def test_a_wrong_scheme_is_refused_with_its_line(tmp_path: Path, right: str, wrong: str, complaint: str) -> None:
    path = tmp_path / "scheme.toml"
    path.write_text(SCHEME.replace(right, wrong), encoding="utf-8")
    with pytest.raises(PolicyError, match=complaint):
        load_scheme(path)


def _ended(stream: Stream) -> tuple[str | None, list[str], frozenset[str]]:
    while stream.timers():
        stream.fire(min(stream.timers().items(), key=lambda each: each[1])[0])
    return (
        stream.state.outcome,
        sorted(kept.standing for kept in stream.state.promises.records.values()),
        stream.state.breaches,
    )


def test_power_back_that_is_heard_of_before_the_order_ends_it_like_any_cut(stream: Stream) -> None:
    back = restored("2026-07-20 16:00", outage_class="curtailment")
    assert stream.hears(back, at("2026-07-20 16:01")).reason == "held-until-known"
    decision = stream.hears(order(), at("2026-07-20 16:05"))
    assert stream.said(decision) == ["plan.accepted", "notice.published", "notice.closed"]
    assert last_word(decision).outcome == "carried-out"
    assert _ended(stream) == ("carried-out", ["kept"], frozenset())


def test_power_said_to_be_back_before_the_ordered_start_carries_nothing_out(stream: Stream) -> None:
    stream.hears(order(), at("2026-07-20 09:00"))
    early = restored("2026-07-20 10:00", outage_class="curtailment")
    assert stream.hears(early, at("2026-07-20 10:01")).reason == "held-until-known"
    assert stream.state.outcome is None
    assert _ended(stream) == (None, ["broken"], frozenset({"overran"}))


def test_an_order_of_the_same_name_after_the_first_is_over_begins_anew(stream: Stream) -> None:
    stream.hears(order(), at("2026-07-20 09:00"))
    stream.hears(restored("2026-07-20 15:00", outage_class="curtailment"), at("2026-07-20 15:01"))
    evening = replace(
        order(), ordered_at=at("2026-07-20 18:00"), planned_period=span("2026-07-20 19:00", "2026-07-20 21:00")
    )
    assert stream.hears(evening, at("2026-07-20 18:00")).reason == "order-published"
    assert stream.timers()["noticed-end"] == at("2026-07-20 21:00")
    back = stream.hears(restored("2026-07-20 20:30", outage_class="curtailment"), at("2026-07-20 20:31"))
    assert last_word(back).outcome == "carried-out"
