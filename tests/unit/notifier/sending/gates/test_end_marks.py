"""Up to which moment all is read, by where topics ended then and what is read now."""

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.writing.fence import Fence
from services.notifier.sending.gates.end_marks import MOST, EndMarks

DISPATCH, NOTICES = ("outage.dispatch", 0), ("outage.notices", 3)


def test_it_is_the_newest_moment_whose_ends_are_all_passed() -> None:
    marks = EndMarks()
    marks.put(1.0, {DISPATCH: 5, NOTICES: 0})
    marks.put(2.0, {DISPATCH: 7, NOTICES: 1})
    marks.put(3.0, {DISPATCH: 7, NOTICES: 2})
    assert marks.passed({DISPATCH: Fence(4)}) == float("-inf")
    assert marks.behind == 1, "nothing lies on the other one, so it needs no fence"
    assert marks.passed({DISPATCH: Fence(9), NOTICES: Fence(1)}) == 2.0
    assert marks.passed({DISPATCH: Fence(9), NOTICES: Fence(1)}) == float("-inf"), "that is known already"
    assert marks.passed({DISPATCH: Fence(9), NOTICES: Fence(2)}) == 3.0
    assert not marks


def test_reading_that_is_later_than_can_be_remembered_to_the_second_is_known_roughly_and_its_end_exactly() -> None:
    marks, late = EndMarks(), 20 * MOST
    marks.put(0.0, {DISPATCH: 1})
    assert marks.passed({DISPATCH: Fence(1)}) == 0.0
    for at in range(1, late + 1):
        marks.put(float(at), {DISPATCH: at + 1})
    for read in range(1, late, 50):
        known = marks.passed({DISPATCH: Fence(read + 1)})
        assert known == float("-inf") or read - late / 10 < known <= read
    assert marks.passed({DISPATCH: Fence(late + 1)}) == late


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans()), max_size=MOST))
def test_what_is_called_read_is_read_and_the_newest_of_it(
    steps: list[tuple[int, int, bool, bool]],
) -> None:
    """Records come on two partitions, some or none are read, and each is held to when it came."""
    came: dict[tuple[str, int], list[int]] = {DISPATCH: [], NOTICES: []}
    read = {DISPATCH: 0, NOTICES: 0}
    marks, known = EndMarks(), float("-inf")
    for at, (dispatched, published, reads_one, reads_other) in enumerate(steps):
        came[DISPATCH] += [at] * dispatched
        came[NOTICES] += [at] * published
        marks.put(float(at), {place: len(records) for place, records in came.items()})
        for place, reads in ((DISPATCH, reads_one), (NOTICES, reads_other)):
            read[place] = len(came[place]) if reads else read[place]
        known = max(known, marks.passed({place: Fence(offset) for place, offset in read.items()}))
        unread: list[int] = [when for place in came for when in came[place][read[place] :]]
        first = min(unread, default=at + 1)
        assert known == (first - 1 if first else float("-inf"))
