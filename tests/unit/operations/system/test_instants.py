"""Spans and instants as people type them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.errors import Away, Misused
from operations.system.instants import clock_of, read_instant, read_span
from operations.system.location import Where

HERE = Where(zone_name="Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("1h30m", timedelta(minutes=90)),
        ("2D", timedelta(days=2)),
    ],
)
def test_a_span_is_read_with_its_units(text: str, span: timedelta) -> None:
    assert read_span(text, "--due") == span


@pytest.mark.parametrize("text", ["", "10", "m", "1.5h", "-1h", "99999999999d", "2 hours"])
def test_what_is_no_span_is_refused_with_examples(text: str) -> None:
    with pytest.raises(Misused, match="write 90s, 10m, 2h"):
        read_span(text, "--due")


@pytest.mark.parametrize(
    "text", ["2026-03-05T02:30", "2026-03-05 02:30:00", "2026-03-05T02:30+08:00", "2026-03-04T18:30Z"]
)
def test_an_instant_without_offset_is_the_utilitys(text: str) -> None:
    assert read_instant(text, HERE, "--at") == datetime(2026, 3, 4, 18, 30, tzinfo=UTC)


def test_what_is_no_instant_is_refused_with_an_example() -> None:
    with pytest.raises(Misused, match="2026-03-05T02:30"):
        read_instant("yesterday", HERE, "--at")


def test_a_stack_whose_clock_is_gone_is_away(tmp_path: Path) -> None:
    with pytest.raises(Away, match="no warp clock"):
        clock_of(Where(clock_file=str(tmp_path / "clock")))
