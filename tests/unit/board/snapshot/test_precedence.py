"""Nobody goes back to an older truth while a newer one is alive."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.board.snapshot.form import Standing
from services.board.snapshot.precedence import follows, is_from_the_future
from tests.kits.board.snapshots import AS_OF

SECONDS = st.integers(-7200, 7200)


def stood(as_of: int, age: int) -> Standing:
    at = AS_OF + timedelta(seconds=as_of)
    return Standing(manifest="a" * 64, as_of=at, made_at=at + timedelta(seconds=age), age_seconds=age)


standings = st.builds(stood, SECONDS, st.integers(0, 7200))


@given(standings, standings)
def test_of_two_that_differ_at_most_one_follows_the_other(one: Standing, other: Standing) -> None:
    assert not (follows(one, other) and follows(other, one))
    if (one.as_of, one.made_at) != (other.as_of, other.made_at):
        assert follows(one, other) or follows(other, one)


@given(standings, standings)
def test_what_follows_never_knows_of_less(one: Standing, other: Standing) -> None:
    if follows(one, other):
        assert one.as_of >= other.as_of


@given(standings)
def test_anything_follows_nothing_and_nothing_follows_itself(one: Standing) -> None:
    assert follows(one, None)
    assert not follows(one, one)


def test_what_was_dated_a_minute_ahead_at_most_is_of_now() -> None:
    assert not is_from_the_future(stood(60, 0), stood(0, 0))
    assert is_from_the_future(stood(61, 0), stood(0, 0))
