"""Whoever watches hears who pulled the brake, and why."""

from datetime import UTC, datetime

from operations.system.location import Where
from operations.times import Times
from outagectl.commands.watch.brake import BrakeWatch


def test_a_stop_is_told_once_with_who_and_why_and_so_is_the_going_on() -> None:
    said: list[str] = []
    watch = BrakeWatch(Where(), Times(), lambda words, _: said.append(words))
    row = {"stopped_at": datetime(2026, 3, 5, 1, 2, tzinfo=UTC), "who": "chen", "reason": "wrong \x1b[31mwording"}
    watch.hear({})
    watch.hear({"key": row})
    watch.hear({"key": row})
    watch.hear({})
    assert len(said) == 2
    assert said[0].startswith("Sending of key texts is STOPPED since 2026-03-05 01:02:00 by chen: wrong ")
    assert "\x1b" not in said[0]
    assert said[1] == "Sending of key texts goes on."


def test_a_lane_stopped_anew_for_another_reason_is_told_anew() -> None:
    said: list[str] = []
    watch = BrakeWatch(Where(), Times(), lambda words, _: said.append(words))
    for minute, reason in ((2, "a drill"), (3, "no drill")):
        row = {"stopped_at": datetime(2026, 3, 5, 1, minute, tzinfo=UTC), "who": "chen", "reason": reason}
        watch.hear({"bulk": row})
    assert [words.rpartition(": ")[2] for words in said] == ["a drill", "no drill"]
