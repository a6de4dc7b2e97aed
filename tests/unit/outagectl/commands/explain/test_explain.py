"""The hotline's answer: what is so, what nobody knows, and the words an agent can read out."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from operations.lookup.by_network import MeantPlaces
from operations.lookup.lookup import _hit
from operations.lookup.named import NamedThing, at_point, places_of
from operations.lookup.result import LookupResult, TouchingOutage
from operations.lookup.supplies import plight_of, standings
from operations.lookup.views import PlanView, SupplyView
from operations.times import Times
from outagectl.commands.explain.chinese import sentences
from outagectl.commands.explain.command import power
from outagectl.commands.explain.english import answer, freshness, unknown
from schemas.contracts.customers import CustomerUpserted, Supply
from services.notifier.domain.wording.checking.word_list import BLAME, FRIGHT, forbidden_in
from tests.kits.kernel.toy import START

NOW = START
ZONE = ZoneInfo("Asia/Shanghai")
EXTENT = {"lines": ["10千伏城东线"], "areas": ["中山路一带"]}
TRADE_WORDS = ("跳闸", "馈线", "失压", "消缺", "今天", "明天")


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def supply(**changes: Any) -> SupplyView:
    made: dict[str, Any] = {
        "status": "confirmed",
        "outageClass": "fault",
        "extent": EXTENT,
        "remaining": EXTENT,
        "startedAt": ago(minutes=20),
        "ert": None,
        "ertHistory": [],
        "ertChanges": 0,
    }
    return msgspec.convert(made | changes, SupplyView)


def plan(**changes: Any) -> PlanView:
    notice = {
        "noticeId": "P-1/1",
        "outageClass": "planned",
        "extent": EXTENT,
        "plannedPeriod": {"start": ago(hours=-24), "end": ago(hours=-30)},
    }
    return msgspec.convert({"startedAt": None, "notice": notice | changes}, PlanView)


def found(*hits: TouchingOutage, **changes: Any) -> LookupResult:
    known = [NamedThing("line", "10千伏城东线", frozenset({("line", "10千伏城东线")}))]
    return LookupResult("10千伏城东线", NOW, known, list(hits), **changes)


def said(one: LookupResult) -> str:
    return "\n".join(line.text for line in answer(one, Times(ZONE, "Asia/Shanghai")))


def aloud(one: LookupResult) -> str:
    whole = "".join(sentences(one, ZONE))
    assert not any(word in whole for word in TRADE_WORDS)
    assert [word for word, why in forbidden_in(whole, "zh-CN") if why in (BLAME, FRIGHT)] == []
    return whole


def test_no_outage_is_said_plainly() -> None:
    assert "NO OUTAGE IS KNOWN THERE." in said(found())
    assert power(found()) == "no-outage-known"
    assert "没有查到" in aloud(found())


def test_of_a_fault_with_no_time_the_agent_learns_what_not_to_promise() -> None:
    hit = TouchingOutage("F-1", (), supply())
    text = said(found(hit))
    assert "POWER IS OFF." in text
    assert "cause          not known yet" in text
    assert "expected back  not known yet" in text
    assert unknown(hit, NOW) == ["the cause", "when the power comes back"]
    spoken = aloud(found(hit))
    assert "恢复时间暂不能确定" in spoken
    assert "正在抢修" not in spoken, "no crew is assigned"
    assert "深表歉意" in spoken


def test_a_crew_a_cause_and_a_time_are_told_where_they_are_known() -> None:
    view = supply(ert=ago(hours=-1), crewStatus="enroute", ertHistory=[{"at": ago(minutes=20)}], ertChanges=2)
    hit = TouchingOutage("F-1", (), view, cause="大风刮断导线")
    text = said(found(hit))
    assert "in 1 h" in text
    assert "changed 2 times" in text
    assert "crew           on its way" in text
    assert unknown(hit, NOW) == []
    spoken = aloud(found(hit))
    assert "抢修人员正在赶往现场" in spoken
    assert "左右恢复供电" in spoken
    assert "初步" not in spoken
    assert "停电原因:大风刮断导线" in spoken


def test_a_time_of_which_dispatch_is_not_sure_is_a_first_estimate_on_the_telephone_too() -> None:
    view = supply(ert=ago(hours=-1), ertHistory=[{"at": ago(minutes=20), "confidence": "low"}])
    assert "初步预计" in aloud(found(TouchingOutage("F-1", (), view)))


def test_an_outage_that_its_list_lacks_is_perhaps_back_and_the_caller_is_asked() -> None:
    hit = TouchingOutage("F-1", (), supply(ert=ago(minutes=5), perhapsRestoredSince=ago(minutes=12)))
    text = said(found(hit))
    assert "POWER IS OFF, OR PERHAPS BACK BY NOW" in text
    assert "perhaps back   its list lacks it since" in text
    assert "(12 min)" in text
    spoken = aloud(found(hit))
    assert "现可能已恢复供电,正在核实;如您处仍无电,请告诉我" in spoken
    assert "未能如期" not in spoken, "nobody knows that it was missed"


def test_where_another_outage_holds_the_place_that_is_listed_power_is_off() -> None:
    perhaps, sure = supply(perhapsRestoredSince=ago(minutes=12)), supply()
    assert "POWER IS OFF. 2 outages" in said(found(TouchingOutage("F-1", (), perhaps), TouchingOutage("F-2", (), sure)))


def test_a_time_that_has_passed_is_not_promised_again() -> None:
    hit = TouchingOutage("F-1", (), supply(ert=ago(minutes=5)))
    assert "that was 5 min ago, and no newer time is known" in said(found(hit))
    assert "未能如期" in aloud(found(hit))


def test_the_next_word_promised_to_the_customer_is_named() -> None:
    text = found(TouchingOutage("F-1", (), supply()), next_word=NOW + timedelta(minutes=40))
    assert "next word      promised by" in said(text)
    assert "前再次告知您" in aloud(text)


def test_a_predicted_outage_is_only_probable() -> None:
    one = found(TouchingOutage("F-1", (), supply(status="predicted")))
    assert power(one) == "probably-off"
    assert "PROBABLY OFF" in said(one)
    assert "正在核实" in aloud(one)


def test_where_a_step_gave_power_back_the_outage_is_over_there() -> None:
    view = supply(status="partiallyRestored", steps=[{"restoredAt": ago(minutes=3)}])
    one = found(TouchingOutage("F-1", (), view, back_in_part=True))
    assert power(one) == "no-outage-known"
    assert "other parts of this outage are still off" in said(one)
    assert "已于" in aloud(one)


def test_an_outage_that_was_asked_for_by_its_code_a_week_later_is_not_said_to_be_of_late() -> None:
    lately = TouchingOutage("F-2", (), supply(status="restored", restoredAt=ago(hours=2)))
    text = said(found(TouchingOutage("F-1", (), supply(status="restored", restoredAt=ago(days=7))), lately))
    assert (
        text.index("Over in the last 24 hours") < text.index("F-2") < text.index("Over for longer") < text.index("F-1")
    )
    assert "Over for longer" not in said(found(lately))


def test_an_outage_that_there_was_not_is_named_as_such_and_never_as_one_that_is_over() -> None:
    gone = supply(status="withdrawn", withdrawnAt=ago(minutes=3), steps=[{"restoredAt": ago(minutes=9)}])
    one = found(TouchingOutage("F-1", (), gone))
    assert power(one) == "no-outage-known"
    assert "dispatch says that there was no outage" in said(one)
    assert "并无此次停电" in aloud(one)
    assert "恢复供电" not in aloud(one)


def test_a_fault_that_was_work_is_named_as_what_it_is_and_what_it_was_called_first() -> None:
    was = {"outageClass": "planned", "wasClass": "fault", "reclassifiedAt": ago(minutes=3), "planMRID": "PW-9"}
    one = found(TouchingOutage("F-1", (), supply(**was)))
    assert "Outage F-1: planned work" in said(one)
    assert "called first   a fault;" in said(one)
    assert "that of plan PW-9" in said(one)
    assert "此前曾告知停电原因是线路故障,经核实不是" in aloud(one)
    over = found(TouchingOutage("F-1", (), supply(status="restored", restoredAt=ago(minutes=1), **was)))
    assert "called first  a fault;" in said(over)
    same = found(TouchingOutage("F-1", (), supply(wasClass="fault", reclassifiedAt=ago(minutes=3))))
    assert "called first" not in said(same)


def test_two_outages_at_one_place_are_both_named() -> None:
    one = found(TouchingOutage("F-1", (), supply()), TouchingOutage("F-2", (), supply(startedAt=ago(minutes=5))))
    text = said(one)
    assert "2 outages hold this place" in text
    assert text.index("Outage F-2") < text.index("Outage F-1")


def test_a_planned_cut_ahead_is_told_with_its_reason() -> None:
    one = found(TouchingOutage("P-1", (), None, plan(), reason="更换变压器"))
    text = said(one)
    assert "NO OUTAGE IS KNOWN THERE." in text
    assert "Planned ahead" in text
    assert "更换变压器" in text
    assert "定于" in aloud(one)


def test_a_planned_cut_that_should_have_begun_is_not_told_as_begun() -> None:
    late = plan(plannedPeriod={"start": ago(minutes=30), "end": ago(hours=-4)})
    one = found(TouchingOutage("P-1", (), None, late))
    assert "nobody has reported that it did" in said(one)
    assert "正在核实" in aloud(one)


def test_what_waits_unread_about_an_outage_is_a_caution() -> None:
    one = found(TouchingOutage("F-1", (), supply(), unread=[{"reason": "bad-time", "at": NOW}]))
    assert "CAUTION" in said(one)
    assert "bad-time" in said(one)


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (None, "Kafka does not answer"),
        ([{"service": "restorer", "records": 3}], "the restorer has 3 records to read"),
        ([{"service": "restorer", "records": 0}], "All that was reported has been taken in."),
    ],
)
def test_how_far_behind_the_inputs_are_is_said(behind: Any, words: str) -> None:
    assert words in freshness(behind, NOW, Times()).text


def running(**changes: Any) -> TouchingOutage:
    period = {"start": ago(minutes=20), "end": ago(hours=-1)}
    begun = msgspec.structs.replace(plan(plannedPeriod=period), started_at=NOW - timedelta(minutes=20))
    return TouchingOutage("P-1", (), supply(outageClass="planned", **changes), begun)


def test_while_planned_work_runs_the_noticed_end_is_when_power_is_expected_back() -> None:
    text = said(found(running()))
    assert "in 1 h (the end that was noticed)" in text
    assert "when the power comes back" not in text
    spoken = aloud(found(running()))
    assert "左右恢复供电" in spoken
    assert "暂不能确定" not in spoken


def test_once_dispatch_has_said_anything_else_the_noticed_end_is_promised_no_more() -> None:
    hit = running(ertHistory=[{"at": ago(minutes=5)}])
    assert "expected back  not known yet" in said(found(hit))
    assert "恢复时间暂不能确定" in aloud(found(hit))


def test_a_fault_is_not_promised_back_at_the_end_of_some_work() -> None:
    hit = running()
    hit.supply = supply()
    assert "expected back  not known yet" in said(found(hit))


NOTICED = msgspec.structs.replace(plan(extent={"lines": ["10千伏城东线", "10千伏城西线"]}), started_at=NOW)


def silent(*restored: str) -> SupplyView:
    """Planned work whose start named no place, with the steps of its first episode."""
    steps = [{"episode": 1, "restored": {"lines": [line]}, "remaining": {}} for line in restored]
    view = {
        "status": "partiallyRestored" if steps else "confirmed",
        "extent": {},
        "remaining": {},
        "episodes": [{"number": 1}],
        "steps": steps,
    }
    return msgspec.convert(view, SupplyView)


@pytest.mark.parametrize(
    ("supply", "back"),
    [(silent(), False), (silent("10kV城西线"), False), (silent("10kV城西线", "10 kV 城东线"), True)],
)
def test_work_that_began_without_naming_places_holds_where_its_notice_says_until_a_step_names_it(
    supply: SupplyView, *, back: bool
) -> None:
    hit = _hit("P1", frozenset({("line", "10kv城东线")}), supply, NOTICED)
    assert hit is not None
    assert hit.supply is supply
    assert hit.back_in_part is back


AT, POINT, EAST = ("transformer", "东一变"), ("usagePoint", "up-1"), ("line", "10kv城东线")
ONE_BACK = {"status": "partiallyRestored", "remaining": EXTENT, "episodes": [{"number": 1}]}


@pytest.mark.parametrize(
    ("places", "view", "off", "back", "says"),
    [
        pytest.param({AT}, {}, {AT}, set(), "off", id="it hangs on the line that is named"),
        pytest.param({AT}, {}, set(), set(), None, id="it does not"),
        pytest.param({AT}, ONE_BACK, {AT}, set(), "off", id="another part is back"),
        pytest.param({AT}, ONE_BACK, set(), {AT}, "back", id="this part is back"),
        pytest.param({AT, EAST}, ONE_BACK, set(), {AT}, "back", id="theirs is back, and its line is named still"),
        pytest.param({AT, EAST}, ONE_BACK, {AT}, set(), "off", id="theirs is not back, and its line is named still"),
        pytest.param({AT, POINT}, ONE_BACK, {POINT}, {AT}, "off", id="what is nearest to them is off"),
    ],
)
def test_an_outage_is_found_at_what_hangs_on_it_by_the_network(
    places: Any, view: Any, off: Any, back: Any, says: str | None
) -> None:
    found = _hit("F1", frozenset(places), supply(**view), None, lies=MeantPlaces(off, back))
    assert (found and ("back" if found.back_in_part else "off")) == says
    if found is not None and says == "off":
        assert set(found.by_network) == {":".join(one) for one in off}


def test_noticed_work_on_a_line_is_found_at_what_hangs_on_it() -> None:
    found = _hit("P1", frozenset({AT}), None, NOTICED, lies=MeantPlaces({AT}))
    assert found is not None
    assert (found.plan, found.by) == (NOTICED, ("transformer:东一变",))


WORKS = CustomerUpserted(
    customer_id="W1",
    name="东江电子厂",
    importance="first",
    updated_at=START,
    areas=("中山路一带",),
    supplies=(Supply(id="1", role="main", line="10千伏工业线"), Supply(id="2", role="standby", line="10千伏城东线")),
)
BLOCK = CustomerUpserted(
    customer_id="B1",
    name="滨江医院",
    importance="special",
    updated_at=START,
    areas=("中山路一带",),
    lines=("10千伏江滨线",),
)


def asked_for(one: CustomerUpserted, *views: SupplyView) -> LookupResult:
    known = [NamedThing("customer", one.name, places_of(one), (one.customer_id,), people=(one,))]
    hits = [_hit(f"F-{n}", places_of(one), view, None, whom=(one,)) for n, view in enumerate(views)]
    result = LookupResult(one.customer_id, NOW, known, [hit for hit in hits if hit is not None])
    result.plight = plight_of(known, result.off, NOW)
    return result


def test_of_a_works_with_two_feeders_the_agent_learns_which_of_them_is_off() -> None:
    one = asked_for(WORKS, supply())
    assert "OF THEIR SUPPLIES THE standby (10千伏城东线) IS OFF; by the others they have power" in said(one)
    assert power(one) == "one-supply-off"
    assert "停电的是贵单位的备用电源(10千伏城东线),其他电源不在停电范围内,请检查电源切换情况。" in aloud(one)


def test_of_a_works_whose_two_feeders_are_off_power_is_off() -> None:
    other = supply(extent={"lines": ["10千伏工业线"]}, remaining={"lines": ["10千伏工业线"]})
    one = asked_for(WORKS, supply(), other)
    assert (
        "POWER IS OFF. 2 outages hold this place; power is back with whichever of their supplies is back first."
        in said(one)
    )
    assert power(one) == "off"


def test_an_outage_of_the_area_by_another_line_is_not_the_customers() -> None:
    assert power(asked_for(BLOCK, supply())) == "no-outage-known"
    assert (
        power(asked_for(BLOCK, supply(extent={"areas": ["中山路一带"]}, remaining={"areas": ["中山路一带"]}))) == "off"
    )


def test_at_a_usage_point_of_one_supply_only_that_one_counts() -> None:
    supplies = (WORKS.supplies[0], replace(WORKS.supplies[1], usage_point="UP-9"))
    there = at_point(replace(WORKS, supplies=supplies), "up-9")
    assert [(one.role, one.line) for one in there.supplies] == [("main", "10千伏城东线")]
    assert at_point(BLOCK, "up-9") == BLOCK


def test_each_supply_is_named_with_the_outage_that_takes_it_and_what_it_hangs_on() -> None:
    mixed = replace(
        WORKS,
        areas=(),
        supplies=(
            Supply(id="1", role="main", transformer="东一变"),
            Supply(id="2", role="standby", line="10千伏工业线"),
            Supply(id="3", role="own-generation"),
        ),
    )
    known = [NamedThing("customer", mixed.name, places_of(mixed), (mixed.customer_id,), people=(mixed,))]
    by_model = MeantPlaces({("transformer", "东一变")})
    hit = _hit("F-1", places_of(mixed), supply(), None, whom=(mixed,), lies=by_model)
    assert hit is not None
    hit.through = {"transformer:东一变": ("10千伏城东线",)}
    one = LookupResult(mixed.customer_id, NOW, known, [hit])
    one.plight = plight_of(known, one.off, NOW)
    text = said(one)
    assert "main one     东一变: off under F-1, for it hangs on 10千伏城东线" in text
    assert "standby      10千伏工业线: no outage is known of it" in text
    assert "own plant    3: their own, nothing is known of it here" in text
    assert "by the network transformer 东一变 hangs on 10千伏城东线" in text
    assert [(each.supply.id, each.state) for each in standings(one)] == [("1", "off"), ("2", "on"), ("3", "own-plant")]


def test_of_a_customer_with_one_supply_no_list_is_made() -> None:
    assert standings(asked_for(BLOCK, supply())) == ()
