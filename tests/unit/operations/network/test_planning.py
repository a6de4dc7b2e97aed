"""What an import tells: whatever is new or changed, nothing twice, and that the edition is whole only when it is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from operations.errors import Refused
from operations.network.on_topic import HeardNetwork
from operations.network.planning import (
    NetworkPlan,
    Word,
    changes,
    compared,
    digest_of,
    edition_word,
    event_of,
    objection,
    too_old,
)
from operations.times import Times
from schemas.cloudevent import from_kafka
from schemas.contracts.network import ModelRef, NetworkElement, NetworkElementRemoved, NetworkModelImported
from tests.kits.networks import by, element, models

DAY = datetime(2026, 3, 1, tzinfo=UTC)
NOW = DAY + timedelta(days=30)
FIRST = ModelRef(model_id="GIS", date=DAY)
WHOLE = [element("SS", "substation"), element("L1", "line", "SS"), element("T1", "transformer", "L1")]


def later(days: int, model: str = "GIS") -> ModelRef:
    return ModelRef(model_id=model, date=DAY + timedelta(days=days))


def of(edition: ModelRef, elements: Iterable[NetworkElement]) -> list[NetworkElement]:
    return [replace(one, model=edition) for one in elements]


def words(
    held: HeardNetwork[bytes], edition: ModelRef, elements: Sequence[NetworkElement], *, prune: bool = False
) -> list[Word]:
    """What an import of these elements tells, whole."""
    file = of(edition, elements)
    plan = compared(held, file, edition, prune=prune)
    told: list[Word] = list(changes(held, file, plan))
    assert len(told) == plan.due
    if word := edition_word(held, plan, NOW):
        told.append(word)
    return told


def topic(*said: Iterable[Word]) -> HeardNetwork[bytes]:
    """A topic on which this was said."""
    held = HeardNetwork(digest_of)
    for some in said:
        for word in some:
            held.take(word)
    return held


def imported(
    held: HeardNetwork[bytes], *files: tuple[ModelRef, Sequence[NetworkElement]], prune: bool = False
) -> list[Word]:
    """All that is told when these are imported one after the other; `held` hears it."""
    found: list[Word] = []
    for edition, elements in files:
        told = words(held, edition, elements, prune=prune)
        for word in told:
            held.take(word)
        found += told
    return found


def planned(
    held: HeardNetwork[bytes], edition: ModelRef, elements: Sequence[NetworkElement], *, prune: bool = False
) -> NetworkPlan:
    return compared(held, of(edition, elements), edition, prune=prune)


# --- what is told


def test_a_first_import_tells_every_element_and_then_that_the_edition_is_whole() -> None:
    *elements, last = imported(topic(), (FIRST, WHOLE))
    assert elements == of(FIRST, WHOLE)
    assert last == NetworkModelImported(model_id="GIS", date=DAY, elements=3, imported_at=NOW)


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


# --- killed half-way, in parts, again


@st.composite
def editions(draw: st.DrawFn) -> tuple[list[NetworkElement], list[NetworkElement]]:
    """Two states of one network: elements are gone, are new, are called otherwise."""
    before = list(draw(models()).elements.values())
    after = [one for one in before if draw(st.integers(0, 3))]
    after = [replace(one, name=draw(st.sampled_from([one.name, "other"]))) for one in after]
    return before, [*after, *(element(f"n{n}", "substation") for n in range(draw(st.integers(0, 2))))]


def state(said: Iterable[Word]) -> dict[str, Word]:
    """What compaction leaves."""
    found: dict[str, Word] = {}
    for word in said:
        found[word.model_id if isinstance(word, NetworkModelImported) else word.element_id] = word
    return found


@given(editions(), st.integers(0, 40), st.booleans())
def test_an_import_killed_anywhere_and_run_again_leaves_what_one_run_leaves(
    two: tuple[list[NetworkElement], list[NetworkElement]], killed: int, prune: bool
) -> None:
    before, after = two
    start = imported(topic(), (FIRST, before))
    whole = words(topic(start), later(1), after, prune=prune)
    part = whole[:killed]
    rest = words(topic(start, part), later(1), after, prune=prune)
    assert state([*start, *part, *rest]) == state([*start, *whole])
    assert {event_of(one).value for one in part}.isdisjoint(event_of(one).value for one in rest)


@given(editions(), st.data())
def test_in_any_two_parts_and_again_whole_the_topic_has_what_the_file_says(
    two: tuple[list[NetworkElement], list[NetworkElement]], data: st.DataObject
) -> None:
    before, file = two
    first = [one for one in file if data.draw(st.booleans())]
    second = [one for one in file if one not in first]
    at_once, in_parts = topic(), topic()
    imported(at_once, (FIRST, before), (later(3), file), prune=True)
    imported(in_parts, (FIRST, before), (later(1), first), (later(2), second), (later(3), file), prune=True)
    assert in_parts.of("GIS") == at_once.of("GIS") == {one.element_id: digest_of(one) for one in file}
    assert in_parts.whole == at_once.whole
    assert words(in_parts, later(3), file, prune=True) == []
