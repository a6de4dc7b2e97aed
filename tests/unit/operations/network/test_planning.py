"""What an import tells: whatever is new or changed, nothing twice, and that the edition is whole only when it is."""

import pytest
from msgspec.structs import replace

from operations.errors import Refused
from operations.network.planning import (
    event_of,
    objection,
    too_old,
)
from operations.times import Times
from schemas.cloudevent import from_kafka
from schemas.contracts.network import ModelRef, NetworkElement, NetworkElementRemoved, NetworkModelImported
from tests.kits.network.imports import DAY, FIRST, NOW, imported, later, of, planned, topic, words
from tests.kits.network.models import by, element, whole

WHOLE = [element("SS", "substation"), element("L1", "line", "SS"), element("T1", "transformer", "L1")]


# --- what is told


def test_a_first_import_tells_every_element_and_then_that_the_edition_is_whole() -> None:
    *elements, last = imported(topic(), (FIRST, WHOLE))
    assert elements == of(FIRST, WHOLE)
    assert last == replace(whole(of(FIRST, WHOLE), ModelRef(model_id="GIS", date=DAY)), imported_at=NOW)


def test_the_same_file_twice_tells_nothing() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    assert words(held, FIRST, WHOLE) == []


def test_a_new_edition_that_says_the_same_tells_only_that_it_is_there() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    (only,) = words(held, later(1), WHOLE)
    assert isinstance(only, NetworkModelImported)
    assert only.date == later(1).date


def test_only_what_changed_is_told_with_the_edition_that_says_so() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    renamed = replace(WHOLE[2], name="中山路1号公变")
    changed, whole = words(held, later(1), [*WHOLE[:2], renamed])
    assert changed == replace(renamed, model=later(1))
    assert isinstance(whole, NetworkModelImported)


def test_names_by_language_in_another_order_are_no_change() -> None:
    held = topic()
    imported(held, (FIRST, [element("SS", "substation", names={"en": "a", "fr": "b"})]))
    assert planned(held, later(1), [element("SS", "substation", names={"fr": "b", "en": "a"})]).unchanged == 1


def test_what_is_not_in_the_file_stays_and_then_the_edition_is_not_called_whole() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    assert words(held, later(1), WHOLE[:2]) == []
    assert planned(held, later(1), WHOLE[:2]).missing == ("T1",)


def test_a_prune_removes_it_and_the_edition_is_whole() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    gone, whole = words(held, later(1), WHOLE[:2], prune=True)
    assert gone == NetworkElementRemoved(element_id="T1", model=later(1))
    assert isinstance(whole, NetworkModelImported)
    assert whole.elements == 2
    for word in (gone, whole):
        held.take(word)
    assert words(held, later(1), WHOLE[:2], prune=True) == []


def test_a_prune_takes_nothing_from_another_model() -> None:
    held = topic()
    imported(held, (later(0, "EAST"), [element("E", "substation")]), (FIRST, WHOLE))
    assert planned(held, later(1), WHOLE, prune=True).pruned == ()


def test_an_element_of_another_model_is_taken_over_and_counted() -> None:
    held = topic()
    imported(held, (later(0, "EAST"), WHOLE[:1]))
    plan = planned(held, FIRST, WHOLE)
    assert (plan.new, plan.changed, plan.taken_over) == (2, 1, 1)
    imported(held, (FIRST, WHOLE))
    assert held.of("EAST") == {}
    assert words(held, FIRST, WHOLE) == []


# --- what is refused


def test_an_edition_older_than_what_the_topic_has_is_refused_even_where_that_is_not_whole() -> None:
    held = topic(of(later(2), WHOLE[:1]))
    problem = too_old(held, later(1), Times())
    assert problem
    assert (
        "has an edition of GIS of 2026-03-03 00:00:00, and this one is of 2026-03-02 00:00:00, so it is older"
        in problem
    )
    assert "save it again" in problem
    assert "--model" in problem
    assert [too_old(held, one, Times()) for one in (later(2), later(3), later(1, "EAST"))] == [None, None, None]


def test_a_file_that_contradicts_the_edition_of_its_own_date_is_refused_once_that_is_whole() -> None:
    held = topic()
    imported(held, (FIRST, WHOLE))
    other = planned(held, FIRST, [*WHOLE[:2], replace(WHOLE[2], name="other")])
    problem = objection(held, other, yes=True)
    assert problem
    assert "says otherwise of 1 elements: one edition says one thing" in problem
    assert objection(held, planned(held, later(1), [replace(WHOLE[0], name="other")]), yes=True) is None


@pytest.mark.parametrize(("kept", "refused"), [(20, False), (19, False), (18, True), (1, True)])
def test_more_than_one_element_in_twenty_is_pruned_only_by_word(kept: int, refused: bool) -> None:
    file = [element(f"S{n}", "substation") for n in range(20)]
    held = topic()
    imported(held, (FIRST, file))
    plan = planned(held, later(1), file[:kept], prune=True)
    problem = objection(held, plan, yes=False)
    assert (problem is not None) == refused
    if problem:
        assert f"{20 - kept} of 20 elements of GIS are not in the file, more than one in 20" in problem
        assert "add --yes" in problem
    assert objection(held, plan, yes=True) is None
    assert objection(held, planned(held, later(1), file[:kept]), yes=False) is None


@pytest.mark.parametrize("odd", [element("GIS", "substation"), element("L", "line", by("SS", "GIS"))])
def test_a_model_called_as_one_of_its_elements_is_refused_for_one_key_has_one_word(odd: NetworkElement) -> None:
    with pytest.raises(Refused, match="GIS is the id of an element or a switch: give the model another one"):
        planned(topic(), FIRST, [*WHOLE, odd])


def test_what_no_contract_allows_is_refused_by_name_before_anything_is_told() -> None:
    with pytest.raises(Refused, match=r"the element X  cannot be told"):
        planned(topic(), FIRST, [element("X ", "substation")])


# --- as events


def test_a_word_is_one_event_whoever_sends_it_and_another_edition_is_another() -> None:
    (one,), (other,) = of(FIRST, WHOLE[:1]), of(later(1), WHOLE[:1])
    assert event_of(one) == event_of(replace(one))
    assert dict(event_of(one).headers)["ce_id"] != dict(event_of(other).headers)["ce_id"]


def test_every_word_can_be_read_from_the_topic_under_its_key() -> None:
    long = element("站" * 100, "substation")
    edition = ModelRef(model_id="型" * 200, date=DAY)
    said = imported(topic(), (edition, [long]), (replace(edition, date=NOW), [element("S", "substation")]), prune=True)
    assert {type(word) for word in said} == {NetworkElement, NetworkElementRemoved, NetworkModelImported}
    for word in said:
        message = event_of(word)
        assert from_kafka(message.topic, message.key, message.headers, message.value).data == word
