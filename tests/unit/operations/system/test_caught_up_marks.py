"""A watcher is told who is up to date, who is stuck or down, and when that is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.system.caught_up_marks import CaughtUp, as_of, warnings
from operations.system.location import Where
from operations.times import Times
from outagectl.commands.watch.caught_up_marks import CaughtUpWatch

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
T = Times()


def stand(service: str, caught_up: float = 2, raised: float = 2) -> CaughtUp:
    """Seconds back: caught up by then, as was last said then."""
    return CaughtUp(service, NOW - timedelta(seconds=caught_up), NOW - timedelta(seconds=raised))


def test_an_answer_stands_for_the_moment_that_the_slowest_service_knows() -> None:
    assert as_of([stand("planner"), stand("restorer", caught_up=40)], NOW) == NOW - timedelta(seconds=40)
    assert as_of([], NOW) == NOW


def test_a_service_that_says_nothing_is_named_with_how_long_and_what_it_knows() -> None:
    (said,) = warnings([stand("planner"), stand("restorer", 185, 180)], NOW, NOW, T)
    assert said == (
        "The restorer is STUCK OR DOWN: for 3 min it has not said that it is up to date. "
        "It knows all facts up to 2026-11-28 02:56:55."
    )


def test_a_service_that_lives_and_is_behind_is_told_from_a_dead_one() -> None:
    (said,) = warnings([stand("notifier", caught_up=600)], NOW, NOW, T)
    assert said == "The notifier is 10 min behind: it knows all facts up to 2026-11-28 02:50:00."
    assert not list(warnings([stand("notifier", caught_up=600)], NOW, NOW, T, driven=True)), (
        "time runs as somebody likes"
    )


def test_a_service_that_never_read_all_of_its_inputs_says_so() -> None:
    assert list(warnings([CaughtUp("planner", None, None)], NOW, NOW, T)) == [
        "The planner has not read all of its inputs yet."
    ]


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def watch(notes: list[str], tmp_path: Path) -> CaughtUpWatch:
    return CaughtUpWatch(Where(looked_in=tmp_path), T, lambda text, _: notes.append(text))


def test_a_quiet_night_is_one_line_and_a_service_that_dies_in_it_another(
    watch: CaughtUpWatch, notes: list[str]
) -> None:
    for seconds in range(0, 60, 5):
        later = NOW + timedelta(seconds=seconds)
        watch.hear([CaughtUp("planner", later, later), CaughtUp("restorer", NOW, NOW)], later, later)
    assert len(notes) == 2
    assert notes[0] == "planner, restorer: all facts known up to 2026-11-28 03:00:00."
    assert notes[1].startswith("The restorer is STUCK OR DOWN: for 35 s")
    later = NOW + timedelta(seconds=60)
    watch.hear([CaughtUp("planner", later, later), CaughtUp("restorer", later, later)], later, later)
    assert notes[2:] == ["The restorer is up to date again."]
