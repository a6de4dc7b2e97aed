"""An event is the pair (source, id): its citation reads back, and no two pairs share one, nor the ids of their events."""

from hypothesis import example, given
from hypothesis import strategies as st

from schemas.citation import citation, former, pair
from services.kernel.streams.log import event_id, former_event_id

# Few letters, those that the form is made of: so that two drawn pairs often look alike.
WORDS = st.text("a/ %|20", min_size=1, max_size=6)
PAIRS = st.tuples(WORDS, WORDS)


@given(PAIRS)
@example(("/dispatch", "east/1"))
@example(("/dispatch/east", "1"))
@example(("/a b", "c"))
@example(("/a%20b", "c d/e"))
def test_source_and_id_can_be_read_from_a_citation(name: tuple[str, str]) -> None:
    assert pair(citation(*name)) == name


@given(PAIRS, WORDS, PAIRS, WORDS, st.integers(0, 3), st.integers(0, 3))
@example(("/dispatch", "east/1"), "outage/o", ("/dispatch/east", "1"), "outage/o", 0, 0)
@example(("/a|b", "c"), "d", ("/a", "b/c|d"), "d", 0, 0)
def test_no_two_events_have_one_id(
    one: tuple[str, str], s: str, other: tuple[str, str], t: str, i: int, j: int
) -> None:
    if (one, s, i) != (other, t, j):
        assert event_id(citation(*one), s, i) != event_id(citation(*other), t, j)


def test_what_most_senders_send_is_cited_as_it_was_and_makes_the_same_event_ids() -> None:
    name = ("/dispatch/east", "7")
    assert citation(*name) == former(*name) == "/dispatch/east/7"
    assert event_id(citation(*name), "outage/o1", 0) == former_event_id(former(*name), "outage/o1", 0)
