"""Nights and days of customers, read on their handsets from the first text to the last: what they were told, when, and no more."""

from typing import Any

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted, Device, Supply
from schemas.contracts.restorations import RestorationRefused
from services.notifier.domain.calls import causes_of
from services.policy.model import Telling
from tests.kits.deciders.notifier import (
    LINE,
    City,
    at,
    confirmed,
    crew,
    customer,
    ert,
    published,
    started,
    withdrawn,
)
from tests.kits.deciders.phone import line

MAIN, STANDBY = Extent(lines=(LINE,)), Extent(lines=("10千伏城北线",))
TRADE_WORDS = ("跳闸", "倒闸", "馈线", "台区", "ERT", "FAULT")


def called(id_: str, name: str, **more: Any) -> CustomerUpserted:
    """A customer with a name of its own."""
    return msgspec.structs.replace(customer(id_, **more), name=name)


def town(now: Any, *customers: CustomerUpserted) -> City:
    """A city that is as patient as the policy that ships."""
    return City(now, *customers, telling=Telling())


def test_a_hospital_with_two_supplies_through_a_storm_night() -> None:
    supplies = (
        Supply(id="1", role="main", line=LINE),
        Supply(id="2", role="standby", line="10千伏城北线"),
    )
    city = town(at(5, 1, 10), customer(importance="special", lines=(), areas=(), supplies=supplies))
    city.hears(started("F1", at(5, 1, 9), extent=MAIN, cause="雷击"))
    city.moves_to(at(5, 1, 40))
    city.hears(crew("assigned", at(5, 1, 40)))
    city.moves_to(at(5, 2, 5))
    city.hears(started("F2", at(5, 2, 4), extent=STANDBY))
    city.moves_to(at(5, 2, 30))
    city.hears(crew("enroute", at(5, 2, 30), "F2"))
    city.hears(ert(at(5, 4, 30), at(5, 2, 30), "F2"))
    city.moves_to(at(5, 3, 50))
    city.hears(confirmed(at(5, 3, 49), "F2"))
    city.moves_to(at(5, 4, 20))
    city.hears(ert(at(5, 6), at(5, 4, 20)))
    city.moves_to(at(5, 5, 50))
    city.hears(confirmed(at(5, 5, 48)))
    city.moves_to(at(5, 9))
    diary = city.diary()
    diary.reads(
        line("5 01:10", "因雷击", "主供电源(10千伏城东线)自3月5日1时9分起停电", "确认其他电源供电正常"),
        line("5 02:05", "贵单位(中山路18号)自3月5日2时4分起停电", "恢复时间暂不能确定,将于3时15分前再次告知您"),
        line("5 02:30", "抢修人员正在赶往现场,预计4时30分左右恢复供电"),
        line("5 03:50", "备用电源(10千伏城北线)已于3月5日3时49分恢复供电,主供电源(10千伏城东线)仍停电"),
        line("5 05:50", "主供电源(10千伏城东线)已于3月5日5时48分恢复供电", "本次停电由雷击引起"),
    )
    _, both_lost = diary.texts[1]
    assert "雷击" not in both_lost, "why the standby failed nobody knows: half of a reason is none"
    diary.never_says(*TRADE_WORDS)


def test_life_support_at_home_on_a_battery_that_does_not_last_the_night() -> None:
    ventilator = Device(what="呼吸机", battery_minutes=240)
    home = called(
        "home",
        "陈女士",
        address="解放路5号3单元",
        premises="home",
        importance="second",
        life_support=True,
        device=ventilator,
    )
    city = town(at(5, 2, 2), home)
    city.hears(started("F1", at(5, 2)))
    city.moves_to(at(5, 2, 40))
    city.hears(crew("arrived", at(5, 2, 40)))
    city.hears(ert(at(5, 7), at(5, 2, 40)))
    city.moves_to(at(5, 6))
    city.hears(ert(at(5, 9, 30), at(5, 6)))
    city.moves_to(at(5, 9, 12))
    city.hears(confirmed(at(5, 9, 10)))
    city.moves_to(at(5, 12))
    diary = city.diary("home")
    diary.reads(
        line(
            "5 02:02",
            "您家(解放路5号3单元)自3月5日2时起停电",
            "呼吸机电池约可用到6时",
            "请拨120",
            "将于3时15分前再次告知您",
        ),
        line("5 02:40", "预计7时左右恢复供电", "呼吸机电池约可用到6时", "请拨120"),
        line(
            "5 06:00",
            "此前告知3月5日7时左右恢复,现未能如期,我们诚恳道歉",
            "最新预计9时30分",
            "如呼吸机电量不足或身体不适,请拨120",
        ),
        line("5 09:12", "您家(解放路5号3单元)已于3月5日9时10分恢复供电"),
    )
    diary.never_says("贵单位", *TRADE_WORDS)
    _, too_late = diary.texts[2]
    assert "可用到" not in too_late, "at six the battery is empty: until when it lasts helps nobody"


def test_a_school_hears_of_work_in_daylight_and_of_a_fault_at_night_only_what_it_must() -> None:
    school = called("school", "东江小学", address="文化路2号", importance="second", on_duty="hours")
    city = town(at(3, 22, 30), school)
    city.hears(published())
    city.moves_to(at(12, 8, 3))
    city.hears(started("P1", at(12, 8, 2), outage_class="planned"))
    city.moves_to(at(12, 16, 40))
    city.hears(confirmed(at(12, 16, 38), "P1"))
    city.moves_to(at(13, 23, 2))
    city.hears(started("F1", at(13, 23)))
    city.moves_to(at(14, 3))
    city.hears(ert(at(14, 5), at(14, 3)))
    city.moves_to(at(14, 5, 30))
    city.hears(confirmed(at(14, 5, 20)))
    city.moves_to(at(14, 10))
    city.diary("school").reads(
        line("4 07:00", "定于3月12日8时至17时停电", "贵单位(文化路2号)在停电范围内"),
        line("11 15:00", "提醒您", "3月12日8时至17时停电"),
        line("12 16:40", "已于3月12日16时38分恢复供电"),
        line("13 23:02", "自3月13日23时起停电", "将于3月14日7时15分前再次告知您"),
        line("14 05:30", "已于3月14日5时20分恢复供电"),
    )


def test_twenty_schools_on_one_phone_are_told_apart_and_none_is_told_for_another() -> None:
    schools = [
        called(
            f"school-{n:02}",
            f"东江第{n}小学",
            address=f"文化路{n}号",
            importance="second",
            contacts=(Contact(contact_id="bureau"),),
        )
        for n in range(1, 21)
    ]
    city = town(at(5, 9, 14), *schools)
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 9, 20))
    diary = city.diary(*(one.customer_id for one in schools))
    bodies = [body for _, body in diary.texts]
    assert len(set(bodies)) == len(bodies), "no two say the same to the letter"
    for n in range(1, 21):
        assert len([body for body in bodies if f"文化路{n}号" in body]) == 1, f"school {n} is named once"
    codes = {body.rpartition("编号")[2] for body in bodies}
    assert len(codes) == len(bodies), "the bureau reads out a code, and the hotline knows which school it is"


def test_a_plan_that_is_cancelled_is_not_mentioned_again() -> None:
    city = town(at(3, 9), customer())
    city.hears(published())
    city.moves_to(at(6, 9))
    city.hears(withdrawn())
    city.moves_to(at(13, 9))
    city.diary().reads(
        line("3 09:00", "定于3月12日8时至17时停电"),
        line("6 09:00", "取消通知", "原定3月12日8时至17时", "已取消", "贵单位(中山路18号)届时不因此停电", "深表歉意"),
    )


def test_a_restored_that_was_wrong_is_taken_back_as_our_error_and_the_outage_began_when_it_began() -> None:
    city = town(at(5, 3, 2), customer(importance="special"))
    city.hears(started("F1", at(5, 3), ert=at(5, 6)))
    city.moves_to(at(5, 4, 30))
    city.hears(confirmed(at(5, 4, 28)))
    city.moves_to(at(5, 4, 50))
    taken_back = {"claimed_at": at(5, 4, 28), "decided_at": at(5, 4, 50)}
    city.hears(RestorationRefused(mrid="F1", reason="restoration-taken-back", **taken_back))
    city.moves_to(at(5, 5, 30))
    city.hears(confirmed(at(5, 5, 28)))
    city.moves_to(at(5, 9))
    city.diary().reads(
        line("5 03:02", "自3月5日3时起停电", "预计6时左右恢复供电"),
        line("5 04:30", "已于3月5日4时28分恢复供电"),
        line("5 04:50", "更正:上一条信息有误,我们诚恳道歉", "自3月5日3时起一直停电", "预计6时左右恢复供电"),
        line("5 05:30", "已于3月5日5时28分恢复供电"),
    )


def test_an_english_customer_in_a_chinese_city_reads_english_from_the_notice_to_the_apology() -> None:
    clinic = msgspec.structs.replace(called("clinic", "河畔诊所", language="en"), names={"en": "Riverside Clinic"})
    city = town(at(3, 9), clinic)
    city.hears(published())
    city.moves_to(at(12, 8, 3))
    city.hears(started("P1", at(12, 8, 2), outage_class="planned"))
    city.moves_to(at(12, 18, 40))
    city.hears(confirmed(at(12, 18, 38), "P1"))
    city.moves_to(at(12, 21))
    diary = city.diary("clinic")
    diary.reads(
        line("3 09:00", "power will be off 08:00 to 17:00 on 12 March", "Your site (Riverside Clinic) is affected"),
        line("11 15:00", "a reminder", "08:00 to 17:00 on 12 March"),
        line("12 17:15", "we told you", "about 17:00 on 12 March", "truly sorry", "will tell you more by 18:15"),
        line("12 18:05", "has had no power since 08:02 on 12 March", "we will tell you more by 20:15"),
        line("12 18:40", "has had power again since 18:38 on 12 March", "sorry"),
    )
    diary.never_says("您", "【", "敬请", "河畔诊所")
    assert all(body.startswith("Dongjiang Power: ") for _, body in diary.texts)


def test_a_notice_that_the_law_owes_to_somebody_who_wants_no_texts_goes_to_the_next_contact_and_then_to_a_person() -> (
    None
):
    city = City(at(3, 9), customer(), accept=False)
    city.hears(published())
    first = city.requests()[-1]
    assert first.contact_id == "hospital-duty"
    city.refuses("opted-out", code=21610)
    second = city.requests()[-1]
    assert (second.contact_id, second.body.rpartition("编号")[0]) == ("hospital-head", first.body.rpartition("编号")[0])
    city.refuses("opted-out", code=21610)
    assert len(city.requests()) == 2, "nobody who said STOP is texted again"
    assert "contact.unreached.v1" in city.kinds()
    (cause,) = causes_of(city.of()).values()
    assert (cause.kind, cause.about) == ("takes-no-texts", "P1"), "a person must bring the notice another way"
    city.moves_to(at(4, 9))
    assert len(city.requests()) == 2


def test_who_asks_how_it_stands_while_a_word_is_about_to_go_is_told_once() -> None:
    city = City(at(5, 9, 14), customer(importance="special"), accept=False, telling=Telling())
    city.hears(started())
    city.accepts()
    city.moves_to(at(5, 10, 5))
    assert len(city.texts("hospital", "requested")) == 1, "the promised next word, which no provider has yet"
    city.moves_to(at(5, 10, 16))
    city.answers("什么时候来电")
    city.moves_to(at(5, 10, 17))
    city.accepts()
    city.diary().reads(
        line("5 09:14", "将于10时15分前再次告知您"),
        line("5 10:05", "将于12时15分前再次告知您"),
    )
