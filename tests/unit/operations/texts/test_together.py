"""`outagectl message preview` shows one text for several sites of one telephone as its reader would see it, and what it costs."""

import pytest

from operations.errors import Misused
from operations.texts.preview import book_of, names
from operations.texts.together import at_worst_together, for_customers
from schemas.contracts.customers import Device
from services.notifier.domain.handset.merging import MOST_SEGMENTS
from services.notifier.domain.wording.checking.samples import OF_SUPPLIES
from tests.kits.deciders.notifier import VOICE, at, customer

NOW = at(5, 9, 14)
SCHOOLS = [customer(f"school-{number}", address=f"育才路{number}号", importance="second") for number in (1, 2, 3)]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("name", [name for name in names() if name not in OF_SUPPLIES])
def test_every_text_can_be_said_to_two_sites_at_once_with_the_longest_names(name: str, language: str) -> None:
    found = at_worst_together(name, book_of(name, language), VOICE, 2)
    assert [one.whom for one in found] == ["2 sites, han", "2 sites, latin", "2 homes, han", "2 homes, latin"]
    assert all(one.cost.count <= one.limit == MOST_SEGMENTS for one in found)


def test_three_schools_on_one_telephone_are_one_text_that_names_each() -> None:
    (one,) = for_customers(SCHOOLS, "fault", book_of("fault", "zh-CN"), VOICE, NOW)
    assert "共3处" in one.body
    assert all(f"育才路{number}号" in one.body for number in (1, 2, 3))
    assert one.whom == "school-1, school-2, school-3"


def test_what_is_one_home_s_alone_is_a_text_of_its_own() -> None:
    home = customer("ward", premises="home", life_support=True, device=Device(what="呼吸机", battery_minutes=90))
    together, alone = for_customers([*SCHOOLS, home], "fault", book_of("fault", "zh-CN"), VOICE, NOW)
    assert (together.whom, alone.whom) == ("school-1, school-2, school-3", "ward")
    assert "呼吸机" in alone.body


def test_what_does_not_fit_is_the_next_text() -> None:
    found = at_worst_together("fault", book_of("fault", "zh-CN"), VOICE, 40)
    assert len(found) > 4
    assert all(one.cost.count <= MOST_SEGMENTS for one in found)


def test_a_text_about_supplies_or_one_site_alone_is_never_one_for_several() -> None:
    with pytest.raises(Misused, match="supplies"):
        at_worst_together("supply-lost", book_of("supply-lost", "en"), VOICE, 3)
    with pytest.raises(Misused, match="2 to 40 sites"):
        at_worst_together("fault", book_of("fault", "en"), VOICE, 1)
