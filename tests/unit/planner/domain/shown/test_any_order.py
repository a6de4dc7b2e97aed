"""Whatever a board says, in whatever order, twice or late: the promise stands as the earliest proof of the right words says."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.kits.deciders.planner import MRID, NOW
from tests.kits.public.reading import DUE, FIGURES, PUBLIC, PublicStream

HOURS = (DUE - NOW) // timedelta(hours=1)
LOOKS = st.lists(
    st.tuples(
        st.integers(1, HOURS + 120),  # when it was read
        st.sampled_from(("right", "right", "other")),
        st.integers(0, 90),  # how long its record took
    ),
    max_size=12,
)


@given(looks=LOOKS, order=st.randoms(use_true_random=False), fires=st.integers(0, 12))
def test_the_verdict_is_that_of_the_earliest_proof(
    looks: list[tuple[int, str, int]], order: object, fires: int
) -> None:
    told = list(looks) + looks[:2]
    order.shuffle(told)  # type: ignore[attr-defined]
    stream = PublicStream().noticed()
    for number, (hour, words, took) in enumerate(told):
        if number == fires and f"told/{MRID}/1/{PUBLIC}" in stream.timers():
            stream.due()
        read = NOW + timedelta(hours=hour)
        stream.shows(read + timedelta(hours=took), said=read, words=None if words == "right" else "f" * 64)
    if f"told/{MRID}/1/{PUBLIC}" in stream.timers():
        stream.due()
    right = [NOW + timedelta(hours=hour) for hour, words, _ in looks if words == "right"]
    ((standing, _),) = stream.told()
    assert standing == ("kept" if any(at <= DUE for at in right) else "broken")


@given(looks=LOOKS, order=st.randoms(use_true_random=False))
def test_the_hours_in_which_it_could_be_read_are_those_of_its_proofs_up_to_a_quarter_of_an_hour_each(
    looks: list[tuple[int, str, int]], order: object
) -> None:
    told = [look for look in looks if look[1] == "right"]
    stream, straight = PublicStream().noticed(), PublicStream().noticed()
    for hour, _, took in sorted(told):
        straight.shows(NOW + timedelta(hours=hour + took), said=NOW + timedelta(hours=hour))
    order.shuffle(told)  # type: ignore[attr-defined]
    for hour, _, took in told:
        stream.shows(NOW + timedelta(hours=hour + took), said=NOW + timedelta(hours=hour))
    name = f"{MRID}/1"
    assert stream.state.showing(name).covered(FIGURES) == straight.state.showing(name).covered(FIGURES)
