"""A text as one customer would read it: their site, their supplies, their language; every text can be shown so."""

from datetime import timedelta

import pytest

from operations.errors import Misused
from operations.texts.preview import at_worst, book_of, for_customer, names
from schemas.contracts.customers import CustomerUpserted, Device, Supply
from services.notifier.domain.wording.checking.samples import OF_SUPPLIES
from tests.kits.deciders.notifier import VOICE, at, customer

NOW = at(5, 9, 14)
MAIN = Supply(id="1", role="main", line="10千伏城东线")
STANDBY = Supply(id="2", role="standby", line="10千伏江滨线")
HOSPITAL = customer(lines=(), supplies=(MAIN, STANDBY), names={"en": "East Hospital"})
HOME = customer("home", premises="home", life_support=True, device=Device(what="呼吸机", battery_minutes=90))


def body(profile: CustomerUpserted, name: str, language: str = "zh-CN") -> str:
    return for_customer(profile, name, book_of(name, language), VOICE, NOW).body


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_text_can_be_shown_for_a_customer_and_at_the_worst(name: str, language: str) -> None:
    assert "95598" in body(HOSPITAL, name, language)
    assert all(one.cost.count <= one.limit for one in at_worst(name, book_of(name, language), VOICE))


def test_the_customers_own_site_supplies_and_device_are_named() -> None:
    assert "贵单位(中山路18号)" in body(HOSPITAL, "fault")
    assert "主供电源(10千伏城东线)" in body(HOSPITAL, "supply-lost")
    assert "呼吸机电池约可用到" in body(HOME, "fault-time-unknown")


def test_an_english_reader_reads_the_name_of_the_site_in_english_where_its_address_is_in_chinese() -> None:
    assert "Your site (East Hospital)" in body(HOSPITAL, "fault", "en")
    assert "Your site (中山路18号)" in body(customer(), "fault", "en"), "better than nothing, where there is no other"


@pytest.mark.parametrize("name", sorted(OF_SUPPLIES))
def test_a_text_about_one_of_several_supplies_is_for_nobody_who_has_one(name: str) -> None:
    with pytest.raises(Misused, match="several supplies"):
        body(HOME, name)


def test_times_are_those_of_the_moment() -> None:
    assert "自3月5日8时49分起停电" in body(HOSPITAL, "fault")
    assert "预计11时14分左右" in body(HOSPITAL, "fault")
    assert for_customer(HOSPITAL, "fault", book_of("fault", "en"), VOICE, NOW + timedelta(days=1)).whom == "hospital"
