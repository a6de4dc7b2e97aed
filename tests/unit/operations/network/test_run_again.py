"""An import that was killed, or came in parts, and is run again ends as one that went through."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from operations.network.planning import Word, digest_of, event_of
from schemas.contracts.network import NetworkElement, NetworkModelImported
from tests.kits.network.imports import FIRST, imported, later, topic, words
from tests.kits.network.models import element, models


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
