"""What the referee of STOP must not let pass."""

from datetime import datetime, timedelta

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from tests.chaos.truth import KnownFact, Posted
from tests.sim.city.plan.teller import at
from tests.sim.judging.sending.stopped import (
    Called,
    Denied,
    Handed,
    Switch,
    ignored,
    silence,
    takes_it_for_back,
    unanswered,
    untold,
)

ONE = "+447700900101"
STOP = Switch(ONE, True, at(10), at(11), None)
START = Switch(ONE, False, at(60), at(61), at(61))


def text(claimed: float, written: float | None = None, number: str = ONE) -> Handed:
    return Handed("T", number, at(claimed), at(claimed if written is None else written))


def test_what_was_claimed_after_stop_was_heard_is_found_until_start_was_sent() -> None:
    assert len([*ignored([STOP, START], [text(30)])]) == 1
    assert [*ignored([STOP, START], [text(15)])] == [], "it may not have been heard yet"
    assert [*ignored([STOP, START], [text(60.5)])] == []
    assert [*ignored([STOP, START], [text(30, number="+447700900102")])] == []


def test_what_the_notifier_had_heard_itself_counts_at_once() -> None:
    heard = Switch(ONE, True, at(10), at(11), at(11.2))
    assert len([*ignored([heard], [text(12)])]) == 1
    assert silence([heard, START], ONE) == [(at(11.2), at(60))]


HOME = KnownFact(
    at(-600),
    CustomerUpserted(
        customer_id="CH-001", name="客户", address="1号", importance="second", lines=("L",), updated_at=at(-600)
    ),
)
OFF = KnownFact(
    at(100), OutageStarted(mrid="F-1", outage_class="fault", started_at=at(100), extent=Extent(lines=("L",)))
)
SILENT = {1: (at(20), at(9_000))}


def test_whoever_takes_no_texts_and_loses_power_is_told_another_way() -> None:
    assert len([*untold([HOME, OFF], SILENT, {})]) == 1
    assert [*untold([HOME, OFF], SILENT, {1: [Called(at(130))]})] == []
    assert len([*untold([HOME, OFF], SILENT, {1: [Called(at(30))]})]) == 1, "that was before"


def test_whoever_knows_that_it_is_off_or_takes_texts_again_need_not_be() -> None:
    knows = Posted(at(5), "T", 1, "fault", template="zh-CN/fault")
    assert [*untold([HOME, OFF], SILENT, {}, [knows])] == []
    until: datetime = at(200)
    assert [*untold([HOME, OFF], {1: (at(20), until)}, {})] == []


WORK = KnownFact(
    at(7_200), OutageStarted(mrid="W-1", outage_class="planned", started_at=at(7_200), extent=Extent(lines=("L",)))
)


def notice(body: str, mrid: str = "W-1") -> Posted:
    return Posted(at(5), "N", 1, "planned-notice", mrids=(mrid,), body=body, template="zh-CN/planned-notice")


def test_whoever_was_told_of_work_before_they_said_stop_knows_of_it_when_it_begins() -> None:
    body = "10千伏北郊线定于3月5日10时至17时停电,贵单位在停电范围内。"
    silent = {1: (at(20), at(9_000))}
    assert [*untold([HOME, WORK], silent, {}, [notice(body)])] == []
    assert len([*untold([HOME, WORK], silent, {}, [notice(body.replace("10时至", "11时至"))])]) == 1, "it is early"
    assert len([*untold([HOME, WORK], silent, {}, [notice(body, "W-2")])]) == 1, "of other work"


def test_a_person_may_have_told_them_of_the_work_beforehand() -> None:
    def asked(trigger: str, mrid: str = "W-1") -> dict[int, list[Called]]:
        return {1: [Called(at(30), trigger, (mrid,))]}

    assert [*untold([HOME, WORK], SILENT, asked("planned-notice"))] == []
    assert len([*untold([HOME, WORK], SILENT, asked("fault"))]) == 1
    assert len([*untold([HOME, WORK], SILENT, asked("planned-notice", "W-2"))]) == 1


def test_when_power_is_expected_back_is_no_word_that_it_is() -> None:
    off = Posted(at(5), "F", 1, "fault", body="自8时起停电,预计10时左右恢复供电。", template="zh-CN/fault")
    back = Posted(at(50), "R", 1, "restored", body="已于9时恢复供电。", template="zh-CN/restored")
    assert [takes_it_for_back([off, back], 1, at(second)) for second in (1, 10, 60)] == [False, False, True]
    assert not takes_it_for_back([off, back], 2, at(60))


def test_who_says_that_power_is_not_back_has_an_answer_only_once_dispatch_speaks_of_that_outage() -> None:
    ends = [
        KnownFact(at(when), SupplyRestored(mrid=mrid, restored_at=at(when)))
        for mrid, when in (("U-1", 8), ("S-1", 400))
    ]
    denied = [Denied(1, "U-1", at(450)), Denied(2, "S-1", at(450))]
    assert unanswered(ends, denied, at(460)) == {1, 2}
    again = KnownFact(at(700), SupplyRestored(mrid="S-1", restored_at=at(690)))
    assert unanswered([*ends, again], denied, at(710)) == {1}, "nobody has said anything of the other one"
    assert unanswered(ends, denied, at(460) + timedelta(days=1)) == set(), "their word does not stand for ever"
