"""The referee of names: whether a text calls an outage a fault or our work, and whether that is what it is."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageReclassified, OutageStarted, SupplyRestored
from tests.chaos.truth import KnownFact, Posted
from tests.sim.judging.named import named, thing, unsaid, untrue

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
FAULT = "贵单位自3月5日8时起停电,我们正在查找原因,恢复时间暂不能确定。"
WORK = "更正:贵单位自3月5日8时起停电,原因是线路检修,不是线路故障,我们未能提前通知您。"


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


def text(minutes: float, body: str, trigger: str = "fault-time-unknown", mrids: tuple[str, ...] = ("A",)) -> Posted:
    return Posted(at(minutes), f"m{minutes}", 0, trigger, mrids=mrids, body=body, template="zh-CN/fault")


def known(*words: tuple[float, str], end: float | None = None) -> list[KnownFact]:
    start = OutageStarted(mrid="A", outage_class="fault", started_at=at(0), extent=Extent(lines=("L",)))
    facts = [KnownFact(at(0), start)]
    facts += [
        KnownFact(at(minutes), OutageReclassified(mrid="A", reclassified_at=at(minutes), outage_class=kind))  # type: ignore[arg-type]
        for minutes, kind in words
    ]
    if end is not None:
        facts.append(KnownFact(at(end), SupplyRestored(mrid="A", restored_at=at(end)), at(end)))
    return facts


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (FAULT, "fault"),
        (WORK, "work"),
        ("Your site has had no power because of a fault, not planned work. We are looking for the cause; …", "fault"),
        ("Your site has had no power because of urgent work, not a fault. We did not tell you beforehand", "work"),
        ("贵单位自3月5日8时起停电,未能如期。", None),
    ],
)
def test_what_a_text_says_the_matter_is(body: str, says: str | None) -> None:
    assert named(text(1, body)) == says


def test_the_last_word_of_dispatch_says_what_it_is() -> None:
    facts = known((10, "planned"), (20, "fault"))
    assert [thing(facts, "A", at(minute)) for minute in (0, 10, 20)] == ["fault", "work", "fault"]


def test_who_is_told_the_other_thing_is_told_what_is_not_so() -> None:
    facts = known((10, "planned"))
    assert not [*untrue(facts, [text(10, FAULT), text(11, WORK)])], "a text under way cannot be called back"
    assert [*untrue(facts, [text(11, FAULT)])]


def test_who_does_not_hear_what_it_is_takes_it_for_the_other_thing() -> None:
    facts = known((10, "planned"), end=40)
    assert [*unsaid(facts, [text(1, FAULT)], set())]
    assert not [*unsaid(facts, [text(1, FAULT), text(11, WORK)], set())]
    assert not [*unsaid(facts, [text(1, FAULT)], {0})], "a person is to call them"
    assert not [*unsaid(known((10, "planned"), end=20), [text(1, FAULT)], set())], "there was no time for it"


def test_a_text_of_two_outages_says_what_one_of_them_is_but_only_where_that_is_so() -> None:
    facts, later = known((10, "planned"), end=40), text(20, "贵单位停电。", "ert-changed")
    assert not [*unsaid(facts, [text(1, FAULT), text(11, WORK, mrids=("B", "A")), later], set())], "they have heard it"
    assert not [*unsaid(facts, [text(11, WORK), text(12, FAULT, mrids=("B", "A")), later], set())], "B may be a fault"
    assert [*unsaid(facts, [text(1, FAULT), text(11, FAULT, mrids=("B", "A")), later], set())]
    assert [*unsaid(facts, [text(1, FAULT), text(11, WORK, mrids=("B",)), later], set())], "that was about B"


def test_who_has_had_many_texts_need_not_hear_a_mere_name_at_once() -> None:
    facts = known((10, "planned"), (30, "fault"), end=80)
    texts = [text(minute, WORK) for minute in (11, 12, 13, 14, 15)]
    assert [*unsaid(facts, texts, set())]
    assert not [*unsaid(facts, [text(1, FAULT), *texts], set())]
    assert [*unsaid(known((10, "planned"), (200, "fault"), end=280), [text(1, FAULT), *texts], set())], "long ago"
