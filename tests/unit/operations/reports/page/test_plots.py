"""Bars of a plot: none higher than the axis, none lower than nought, and an axis that people can read."""

from hypothesis import given
from hypothesis import strategies as st

from operations.reports.page.plots import ABOVE, BELOW, HIGH, LEFT, WIDE, Bar, plot_of, short, step_of

values = st.just(0.0) | st.floats(1e-6, 1e9)


def bars(found: list[float]) -> list[Bar]:
    return [Bar(label=str(number), value=value, told=str(value)) for number, value in enumerate(found)]


@given(st.lists(values, max_size=60))
def test_every_bar_lies_within_its_plot_and_is_as_high_as_its_share(found: list[float]) -> None:
    plot = plot_of(bars(found))
    if not any(found):
        assert plot is None
        return
    assert plot is not None
    assert len(plot.bars) == len(found)
    assert plot.ticks[0].text == "0"
    for one in plot.bars:
        assert one.x >= plot.left >= LEFT
        assert one.x + one.wide <= WIDE
        assert one.y >= ABOVE - 0.01
        assert abs(one.y + one.high - (HIGH - BELOW)) < 0.02
    highest = max(range(len(found)), key=lambda number: found[number])
    assert plot.bars[highest].high == max(one.high for one in plot.bars) > (HIGH - ABOVE - BELOW) / 3


@given(st.floats(1e-6, 1e9))
def test_some_four_steps_of_one_two_or_five_reach_the_greatest(most: float) -> None:
    step = step_of(most)
    assert most / 4 <= step * (1 + 1e-9)
    assert step <= most
    assert f"{step:e}"[0] in "125"


@given(st.floats(1e-6, 1e12))
def test_what_is_written_beside_the_axis_has_room_whatever_it_is(most: float) -> None:
    plot = plot_of(bars([most]))
    assert plot is not None
    assert all(6.2 * len(one.text) < plot.left - 6 for one in plot.ticks), "a figure of 11 px is 6.2 px wide"


def test_figures_beside_an_axis_are_short() -> None:
    assert [short(value) for value in (0.0, 0.5, 2000.0, 0.002)] == ["0", "0.5", "2,000", "0.002"]


def test_of_many_bars_not_all_are_named() -> None:
    plot = plot_of(bars([1.0] * 31))
    assert plot is not None
    assert [one.label for one in plot.bars if one.label] == [str(number) for number in range(0, 31, 2)]
