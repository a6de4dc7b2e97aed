"""A home where somebody's life hangs on a device: the battery and the number to call, where it is true and helps, calmly."""

from datetime import timedelta

import pytest

from schemas.contracts.customers import CustomerUpserted, Device
from services.notifier.domain.wording.life_support import LifeSupport
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import TemplateFields, render
from tests.kits.deciders.notifier import HOUR, VOICE, City, at, confirmed, customer, ert, published, span, started

CALL = "如呼吸机电量不足或身体不适,请拨120。"
UNTIL = "呼吸机电池约可用到13时10分,请提早安排备用电源;如电量不足或身体不适,请拨120。"


def home(**changes: object) -> CustomerUpserted:
    device = Device(what="呼吸机", battery_minutes=240)
    given = {"premises": "home", "life_support": True, "device": device, "address": "江滨路3号2单元"}
    return customer(**{**given, **changes})


def told(one: CustomerUpserted, expected_hour: int | None = None) -> str:
    city = City(at(5, 9, 14), one)
    city.hears(started(ert=at(5, expected_hour) if expected_hour else None))
    return city.last()


def test_until_when_the_battery_lasts_is_said_where_power_may_be_off_longer() -> None:
    body = told(home())
    assert UNTIL in body
    assert "您家(江滨路3号2单元)" in body
    assert UNTIL in told(home(), 14)
    assert segments(body).count <= 3


def test_where_power_is_expected_before_the_battery_ends_nobody_is_frightened_by_it() -> None:
    body = told(home(), 11)
    assert CALL in body
    assert "电池" not in body


def test_a_battery_that_must_be_empty_by_now_is_not_said_to_last() -> None:
    city = City(at(5, 9, 14), home())
    city.hears(started(ert=at(5, 11)))
    city.moves_to(at(5, 13, 5))
    city.hears(ert(at(5, 18), at(5, 13, 5)))
    assert "电池" not in city.last()
    assert CALL in city.last()


def test_a_battery_of_which_nothing_is_known_is_not_guessed() -> None:
    assert CALL in told(home(device=Device(what="呼吸机")))
    assert "如医疗设备电量不足或身体不适,请拨120。" in told(home(device=None))


@pytest.mark.parametrize(
    "other",
    [
        {"life_support": False, "device": None},
        {"premises": "site"},
    ],
)
def test_a_hospital_and_a_home_without_a_device_read_nothing_of_it(other: dict[str, object]) -> None:
    assert "120。" not in told(home(**other))


def test_that_power_is_back_needs_no_number_for_emergencies() -> None:
    city = City(at(5, 9, 14), home())
    city.hears(started(ert=at(5, 11)))
    city.now = at(5, 10, 50)
    city.hears(confirmed(at(5, 10, 45)))
    assert city.requests()[-1].trigger == "restored"
    assert "请拨120" not in city.last()


def test_of_work_ahead_it_says_to_have_power_ready_and_how_long_the_battery_lasts_where_the_work_is_longer() -> None:
    city = City(at(3, 9), home())
    city.hears(published())
    assert "请为呼吸机备好备用电源,其电池约可用4小时。" in city.last()
    short = City(at(3, 9), home())
    short.hears(published(period=span(at(12, 8), at(12, 10))))
    assert "请为呼吸机备好备用电源。" in short.last()


def test_in_english_a_device_with_a_chinese_name_is_named_in_general_words() -> None:
    words = TemplateFields(
        "fault",
        "12 River Road",
        since=at(5, 9, 12),
        by=at(5, 10, 15),
        home=True,
        care=LifeSupport("呼吸机", timedelta(minutes=200)),
        now=at(5, 9, 14),
    )
    body = render("fault-time-unknown", "en", words, VOICE, "K7M2X").body
    assert "has battery until about 12:30; please get standby power by then. If it runs low" in body
    assert "call 120. Questions" in body
    assert (segments(body).encoding, segments(body).count <= 3) == ("gsm-7", True)


def test_the_end_of_a_battery_is_named_with_its_day_where_that_is_another() -> None:
    words = TemplateFields(
        "fault",
        since=at(5, 22),
        by=at(5, 23),
        home=True,
        care=LifeSupport("呼吸机", 4 * HOUR),
        now=at(5, 22, 5),
    )
    assert "约可用到3月6日2时," in render("fault-time-unknown", "zh-CN", words, VOICE, "K7M2X").body
