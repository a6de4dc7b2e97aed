"""What the referee of telephones that several customers have must not let pass, and for whom it takes a text to be."""

from datetime import timedelta

from tests.sim.city.plan.teller import at
from tests.sim.city.provider import Created
from tests.sim.judging.sending.handsets import FramedText, HandsetText, crowded, spoken_for, turned_away

ONE = "+447700900550"
NUMBERS = {"CH-020-duty": {ONE}, "CH-021-duty": {ONE}, "CH-022-duty": {"+447700900551"}}


def framed(name: str, customer: int, words: str = "zh {sites} off", seconds: float = 1) -> FramedText:
    site = f"育才路{customer}号"
    return FramedText(name, f"CH-{customer:03}", f"CH-{customer:03}-duty", f"{site} off", words, site, at(seconds))


ASKED = {
    one.message_id: one
    for one in (
        framed("A", 20),
        framed("B-old", 21, seconds=0),
        framed("B", 21),
        framed("C", 22),
        framed("other", 21, "zh {sites} back"),
        framed("later", 21, seconds=99),
    )
}


def made(name: str, body: str) -> Created:
    return Created(name, ONE, at(40), failed=False, body=body)


def test_a_text_that_names_other_sites_of_its_telephone_is_theirs_by_the_last_that_was_asked_for() -> None:
    assert spoken_for(made("A", "【】2 sites 育才路20号、育才路21号 off"), ASKED, NUMBERS) == ["B"]


def test_its_own_words_speak_for_nobody_else_nor_do_sites_of_another_telephone() -> None:
    assert spoken_for(made("A", "【】育才路20号 off"), ASKED, NUMBERS) == []
    assert spoken_for(made("A", "2 sites 育才路20号、育才路22号 off"), ASKED, NUMBERS) == []
    assert spoken_for(made("unframed", "育才路21号"), ASKED, NUMBERS) == []


def texts(*minutes: float, last: str = "fault") -> list[HandsetText]:
    found = [HandsetText(at(60 * minute), "fault", "zh-CN/fault") for minute in minutes]
    return [*found[:-1], HandsetText(found[-1].at, last, f"zh-CN/{last}")]


def test_more_than_an_hour_has_room_for_is_found_and_so_is_the_last_place_given_away() -> None:
    assert [*crowded(texts(0, 5, 9, 20), 5)] == []
    assert len([*crowded(texts(0, 5, 9, 20, 30), 5)]) == 1, "the last place is kept"
    assert [*crowded(texts(0, 5, 9, 20, 30, last="restored"), 5)] == []
    assert len([*crowded(texts(0, 5, 9, 20, 30, 40, last="restored"), 5)]) == 2
    assert [*crowded(texts(0, 5, 9, 20, 61), 5)] == [], "the first lies an hour back"


def test_who_is_turned_away_though_there_was_room_is_found() -> None:
    claimed = [at(60 * minute) for minute in (0, 5, 9, 20)]
    assert [*turned_away([(at(1_800), "handset-full")], claimed, 5)] == []
    assert len([*turned_away([(at(1_800), "handset-spent")], claimed, 5)]) == 1
    assert len([*turned_away([(at(1_800), "handset-full")], claimed[:3], 5)]) == 1
    assert len([*turned_away([(at(3_600) + timedelta(minutes=6), "handset-full")], claimed, 5)]) == 1
