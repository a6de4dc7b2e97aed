"""One text for several sites says of each just what its own text would have said, and names each of them."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.messages import Lane
from services.notifier.domain.events import TextFrame
from services.notifier.domain.handset.merging import MOST_SEGMENTS, SiteText, alike, merged
from services.notifier.domain.wording.likeness import differ_in_times_alone
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import TemplateFields, book_for, books, frame, render
from tests.kits.deciders.notifier import VOICE, City, at, crew, customer, ert, started

SCHOOLS = [f"育才路{number}号" for number in range(1, 21)]


def text(number: int, site: str, language: str = "zh-CN", lane: Lane = "key", name: str = "fault") -> SiteText:
    words = TemplateFields(
        "fault",
        site,
        since=at(5, 9, 12),
        ert=at(5, 11, 30),
        restored_at=at(5, 11),
        now=at(5, 9, 14),
        line="10千伏城东线",
    )
    code = f"K7M{number:02}-3F"
    body = render(name, language, words, VOICE, code).body  # type: ignore[arg-type]
    shared = frame(book_for(language), name, words, VOICE)
    assert shared is not None
    said = TextFrame(words=shared[0], site=shared[1], code=code, language=language)
    return SiteText(f"m{number:02}", f"SCH-{number:02}", lane, body, said)


def test_twenty_schools_are_one_text_within_six_segments() -> None:
    one = merged([text(number, site) for number, site in enumerate(SCHOOLS, 1)])
    assert one is not None
    assert len(one.carried) == 19
    assert "贵单位(共20处:育才路1号、育才路2号" in one.body
    assert all(site in one.body for site in SCHOOLS)
    assert "编号K7M01-3F" in one.body
    assert segments(one.body).count <= MOST_SEGMENTS


def test_in_english() -> None:
    one = merged([text(n, f"{n} Harbour Street", "en") for n in (1, 2, 3)])
    assert one is not None
    assert "Each of your 3 sites (1 Harbour Street; 2 Harbour Street; 3 Harbour Street) has had no power" in one.body
    back = merged([text(n, f"{n} Harbour Street", "en", name="restored") for n in (1, 2)])
    assert back is not None
    assert "Each of your 2 sites (1 Harbour Street; 2 Harbour Street) has had power again since" in back.body


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_who_leads_does_not_depend_on_the_order(order: tuple[int, ...]) -> None:
    texts = [text(1, SCHOOLS[0]), text(2, SCHOOLS[1], lane="critical"), text(3, SCHOOLS[2])]
    one = merged([texts[index] for index in order])
    assert one is not None
    assert one.leader.customer_id == "SCH-02", "the most urgent"
    assert [each.customer_id for each in one.carried] == ["SCH-01", "SCH-03"]


def test_one_alone_is_merged_with_nothing_nor_are_two_texts_to_one_customer() -> None:
    assert merged([text(1, SCHOOLS[0])]) is None
    assert merged([text(1, SCHOOLS[0]), text(1, SCHOOLS[0])]) is None


def test_two_customers_at_one_site_are_told_in_the_words_of_one() -> None:
    one = merged([text(1, SCHOOLS[0]), text(2, SCHOOLS[0])])
    assert one is not None
    assert one.body == text(1, SCHOOLS[0]).body


def test_what_does_not_fit_is_left_for_another_text() -> None:
    sites = [f"东江市高新技术产业开发区第二工业园区滨江大道{number}号楼" for number in range(100, 140)]
    one = merged([text(number, site) for number, site in enumerate(sites)])
    assert one is not None
    assert 5 < len(one.carried) < 39
    assert segments(one.body).count <= MOST_SEGMENTS
    assert len({each.frame.site for each in (one.leader, *one.carried)}) == len(one.carried) + 1


def test_texts_that_say_another_time_or_to_a_home_are_not_alike() -> None:
    words = TemplateFields("fault", "育才路1号", since=at(5, 9, 12), ert=at(5, 11, 30), now=at(5, 9, 14))
    other = TemplateFields("fault", "育才路1号", since=at(5, 9, 12), ert=at(5, 12), now=at(5, 9, 14))
    home = TemplateFields("fault", "育才路1号", since=at(5, 9, 12), ert=at(5, 11, 30), now=at(5, 9, 14), home=True)
    keys = set()
    for said in (words, other, home):
        shared = frame(book_for("zh-CN"), "fault", said, VOICE)
        assert shared is not None
        keys.add(alike(TextFrame(words=shared[0], site=shared[1], code="x", language="zh-CN")))
    assert len(keys) == 3


@pytest.mark.parametrize("language", sorted(books()))
@given(count=st.integers(2, 6))
def test_a_merged_text_is_known_for_what_it_is_by_its_code_though_the_database_went_back(
    language: str, count: int
) -> None:
    sites = SCHOOLS if language.startswith("zh") else [f"{n} Harbour Street" for n in range(20)]
    one = merged([text(number, sites[number], language) for number in range(count)])
    assert one is not None
    assert differ_in_times_alone(one.body, one.leader.body)


def frames(town: City, *names: str) -> list[str]:
    """Of each customer's last text what it might share with others'."""
    found = []
    for name in names or ("one", "two"):
        meant = [event.data for event in town.log[f"customer/{name}"] if event.type == "text.meant.v1"]
        found += [alike(meant[-1].frame)] if meant[-1].frame is not None else []
    return found


def test_conversations_of_two_sites_on_one_outage_ask_for_alike_texts_and_crew_or_time_makes_them_others() -> None:
    town = City(at(5, 9, 14), customer("one", address="育才路1号"), customer("two", address="育才路2号"), accept=False)
    town.hears(started())
    town.hears(crew("enroute", at(5, 9, 14)))
    keys = frames(town)
    assert len(set(keys)) == 1
    town.hears(ert(at(5, 12), at(5, 9, 14)))
    later = frames(town)
    assert len(set(later)) == 1
    assert set(later) != set(keys)


def test_what_is_one_homes_alone_is_never_merged() -> None:
    town = City(at(5, 9, 14), customer(life_support=True, premises="home"))
    town.hears(started())
    assert frames(town, "hospital") == []
