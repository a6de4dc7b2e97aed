"""The code of an outage for one customer: short, speakable, the same in all its texts, found again however it is read out."""

import re
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from services.notifier.domain.wording import reference
from services.notifier.domain.wording.likeness import differ_in_times_alone
from services.notifier.domain.wording.reference import (
    CROCKFORD,
    REF_LENGTH,
    SPEAKABLE,
    codes_heard,
    outage_code,
    printed_code,
)
from tests.kits.deciders.notifier import (
    AREA,
    City,
    at,
    confirmed,
    customer,
    ert,
    published,
    started,
)


@given(st.text(), st.text())
def test_a_code_is_five_characters_that_nobody_takes_for_others_and_no_word(customer_id: str, mrid: str) -> None:
    code = outage_code(customer_id, mrid)
    assert len(code) == REF_LENGTH
    assert set(code) <= set(SPEAKABLE) <= set(CROCKFORD)
    assert not set(code) & set("ILOUBSZQAE")
    assert not code.isdigit(), "it might be the hotline's number"
    assert not code.isalpha()
    assert code == outage_code(customer_id, mrid)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_no_two_outages_of_one_customer_have_the_same_code_even_where_codes_are_few(outages: list[int]) -> None:
    taken: dict[int, str] = {}
    with patch.object(reference, "_code", lambda key: f"{hash(key) % 60:04}X"):
        for one in outages:
            taken.setdefault(one, outage_code("hospital", str(one), set(taken.values())))
    assert len(set(taken.values())) == len(taken)


def test_whoever_and_whatever_are_told_apart_however_ids_are_spelled() -> None:
    assert outage_code("a|b", "c") != outage_code("a", "b|c")


@pytest.mark.parametrize("said", ["K7M2X", "k7m2x", " k7 m2-x ", "Ｋ７Ｍ２Ｘ", "K7M2X-3F", "k7m2x 3f", "K7M2X-3F9C"])
def test_a_code_is_found_however_it_is_typed(said: str) -> None:
    assert codes_heard(said) == ("K7M2X",)


def test_letters_that_no_code_has_are_read_as_what_they_look_like() -> None:
    assert codes_heard("kIOl2") == ("K1012",)
    assert codes_heard("BSZQK") == ("BSZQK", "8520K"), (
        "codes of versions before had these letters: as it is comes first"
    )


@pytest.mark.parametrize("said", ["", "95598-1", "K7M2", "K7M2XX", "K7M2XXXX", "东江医院", "中山路18号", "K7M2?"])
def test_what_can_be_no_code_is_none(said: str) -> None:
    assert codes_heard(said) == ()


@given(st.lists(st.uuids().map(str), min_size=2, max_size=40, unique=True))
def test_no_two_texts_with_one_code_bear_it_alike(ids: list[str]) -> None:
    printed = [printed_code("K7M2X", one, ids[:number]) for number, one in enumerate(ids)]
    assert len(set(printed)) == len(printed)
    assert all(re.fullmatch(rf"K7M2X-[{SPEAKABLE}]{{2}}([{SPEAKABLE}]{{2}})?", one) for one in printed)


def test_a_text_that_is_decided_again_bears_its_code_as_before() -> None:
    assert printed_code("K7M2X", "m1", ["m1", "m2"]) == printed_code("K7M2X", "m1")


def codes(city: City, name: str = "hospital") -> list[str]:
    return [request.ref for request in city.requests(name)]


def test_all_texts_about_one_outage_bear_the_same_code() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 10))
    city.hears(ert(at(5, 14), at(5, 10)))
    city.moves_to(at(5, 14, 20))
    city.hears(confirmed(at(5, 14, 10)))
    assert [request.trigger for request in city.requests()] == ["fault", "ert-changed", "ert-overdue", "restored"]
    assert len(set(codes(city))) == 1
    assert all(request.ref in request.body for request in city.requests())


def test_what_is_said_again_of_an_outage_is_not_the_same_text_to_the_letter() -> None:
    """Or a look-up at the provider would take the second for the first, of which nobody knows whether it was made."""
    city = City(at(5, 9, 14), customer())
    city.hears(started(mrid="F1", ert=at(5, 12)))
    city.moves_to(at(5, 9, 20))
    city.hears(started(mrid="F2", when=at(5, 9, 19)))
    city.moves_to(at(5, 9, 30))
    city.hears(confirmed(at(5, 9, 29), mrid="F2"))
    city.moves_to(at(5, 9, 40))
    bodies = [request.body for request in city.requests()]
    bare = [re.sub(r"(编号[^-]+)-\w+", r"\1", body) for body in bodies]
    assert len(set(bare)) < len(bare), "the same is said twice"
    assert len(set(bodies)) == len(bodies)


def test_a_notice_and_the_work_that_it_announced_bear_the_same_code() -> None:
    city = City(at(3, 9), customer())
    city.hears(published(mrid="P1"))
    city.moves_to(at(12, 8, 1))
    city.hears(started(mrid="P1", when=at(12, 8), outage_class="planned"))
    city.moves_to(at(12, 17, 20))
    assert len(city.requests()) >= 2
    assert len(set(codes(city))) == 1


def test_two_outages_that_do_not_meet_have_codes_of_their_own() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(mrid="F1", ert=at(5, 11, 30)))
    city.moves_to(at(5, 11))
    city.hears(confirmed(at(5, 10, 55), mrid="F1"))
    city.moves_to(at(6, 9))
    city.hears(started(mrid="F2", when=at(6, 9), ert=at(6, 11)))
    first, restored, second = codes(city)
    assert first == restored != second


def test_where_outages_overlap_the_customer_keeps_the_code_that_they_hold() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(mrid="F1", ert=at(5, 11, 30)))
    city.moves_to(at(5, 10))
    city.hears(started(mrid="F2", when=at(5, 10), ert=at(5, 16), extent=Extent(areas=(AREA,))))
    city.moves_to(at(5, 11, 31))
    city.hears(confirmed(at(5, 11, 30), mrid="F1"))
    city.moves_to(at(5, 16))
    city.hears(confirmed(at(5, 15, 50), mrid="F2"))
    assert city.requests()[-1].trigger == "restored"
    assert len(set(codes(city))) == 1


def test_customers_have_each_their_own_code_for_one_outage() -> None:
    city = City(at(5, 9, 14), customer(), customer("school"))
    city.hears(started(ert=at(5, 11, 30)))
    assert len({*codes(city), *codes(city, "school")}) == 2


def test_a_conversation_begun_by_a_version_before_goes_on_with_the_code_that_the_customer_holds() -> None:
    city = City(at(5, 9, 14), customer())
    with patch("services.notifier.domain.customer.reconcile.code_of", lambda *_: "ZQB5A"):
        city.hears(started(ert=at(5, 11, 30)))
    city.moves_to(at(5, 10))
    city.hears(ert(at(5, 14), at(5, 10)))
    assert codes(city) == ["ZQB5A", "ZQB5A"]


TIMED = (
    "【东江供电公司】您好!贵单位(中山路18号)自3月5日9时12分起停电,我们正在查找原因,将于{by}前再次告知您。编号K7M2X。"
)
LATIN = (
    "Dongjiang Power: Your site (14 High Street) has had no power since 09:12 on 5 March; we will tell you more by {by}. "
    "Ref K7M2X."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TIMED.format(by="10时15分"), TIMED.format(by="11时")),
        (TIMED.format(by="10时15分"), TIMED.format(by="3月6日1时45分(BST)")),
        (TIMED.format(by="11时"), TIMED.format(by="11时").replace("中山路18号", "…18号")),
        (LATIN.format(by="10:15"), LATIN.format(by="01:45 BST on 6 March 2027")),
        (LATIN.format(by="10:15"), LATIN.format(by="01:45 UTC+10:30 on 6 March")),
    ],
)
def test_a_text_worded_at_another_hour_is_the_same_text(one: str, other: str) -> None:
    assert differ_in_times_alone(one, other)


@pytest.mark.parametrize(
    "other",
    [
        TIMED.format(by="11时").replace("我们正在查找原因", "我们正在抢修"),
        TIMED.format(by="11时").replace("K7M2X", "9XXXX"),
        "【东江供电公司】您好!贵单位(中山路18号)已于3月5日13时40分恢复供电。编号K7M2X。",
    ],
)
def test_a_text_that_says_something_else_is_another_text(other: str) -> None:
    assert not differ_in_times_alone(TIMED.format(by="11时"), other)
