"""A leak is found and named, what levels off or is of one's own making is not; and the pictures say which is which."""

from collections.abc import Callable
from random import Random

import pytest

from tests.soak.by_design import REASONS
from tests.soak.judging import BOUNDS, LEAST_LOOKS, Series
from tests.soak.picture import BY_DESIGN, GREW, LEVEL, page
from tests.soak.verdict import judge

HALF_AN_HOUR, EVERY = 1800, 10


def over_time(what: str, figure: str, value: Callable[[float], float], *, noise: float = 0.0) -> Series:
    draw = Random(f"{what} {figure}")
    points = tuple((float(at), value(at) + draw.uniform(-noise, noise)) for at in range(0, HALF_AN_HOUR, EVERY))
    return Series(what, figure, points)


@pytest.mark.parametrize(
    ("figure", "level", "an_hour", "noise"),
    [
        ("rss MiB", 120, 60, 6),
        ("files", 60, 24, 3),
        ("threads", 12, 12, 1),
        ("database", 4, 12, 2),
        ("lag", 0, 200, 20),
        ("rows", 300, 300, 30),
        ("index MiB", 1, 2, 0.1),
    ],
)
def test_a_leak_is_found_and_named(figure: str, level: float, an_hour: float, noise: float) -> None:
    leak = over_time("restorer", figure, lambda at: level + an_hour * at / 3600, noise=noise)
    verdict = judge([over_time("planner", figure, lambda _: level, noise=noise), leak])
    assert [one.series.name for one in verdict.grew] == [f"restorer: {figure}"]
    assert f"GROWS WITHOUT BOUND: restorer: {figure} rose from " in "\n".join(verdict.lines())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(lambda _: 100.0, id="level"),
        pytest.param(lambda at: 100 + 80 * min(1.0, at / 900), id="levels off, only after the warm-up"),
        pytest.param(lambda at: 100 + 60 * (at % 240) / 240, id="goes up and down"),
        pytest.param(lambda at: 1000.0 if at == 1500 else 100.0, id="a spike"),
        pytest.param(lambda at: 400 - at / 10, id="shrinks"),
    ],
)
def test_what_does_not_go_on_growing_is_no_leak(value: Callable[[float], float]) -> None:
    assert judge([over_time("restorer", "rss MiB", value, noise=2)]).grew == []


def test_what_grows_by_design_is_said_with_its_reason_and_its_service_is_judged_all_the_same() -> None:
    grows = [over_time(what, "rows", lambda at: at) for what in ("restorer.event", "restorer.timer")]
    verdict = judge(grows)
    assert [(one.series.what, why) for one, why in verdict.by_design] == [
        ("restorer.event", "the record, kept for ever")
    ]
    assert [one.series.what for one in verdict.grew] == ["restorer.timer"]


def test_every_reason_is_for_a_figure_that_is_judged() -> None:
    assert {figure for _, figure in REASONS} <= set(BOUNDS)


def test_a_run_that_is_too_short_is_not_called_sound() -> None:
    few = Series("restorer", "rss MiB", tuple((float(at), 1.0) for at in range(LEAST_LOOKS)))
    verdict = judge([few])
    assert not verdict.sound
    assert verdict.lines()[0].startswith("NOT JUDGED: restorer: rss MiB was looked at")


def test_the_page_has_a_picture_of_everything_that_moves() -> None:
    series = [
        over_time("restorer", "rss MiB", lambda at: 100 + at / 10),
        over_time("restorer.event", "rows", lambda at: at),
        over_time("planner", "rss MiB", lambda at: at % 100),
        over_time("planner", "threads", lambda _: 4),
    ]
    drawn = page(series, {"restorer: rss MiB"}, {"restorer.event: rows"}, "720 facts")
    assert drawn.count("<polyline") == 3
    assert [colour in drawn for colour in (GREW, BY_DESIGN, LEVEL)] == [True, True, True]
    assert "1 figures that never moved" in drawn
