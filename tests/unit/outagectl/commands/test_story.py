"""An outage as a story: each thing once, by whoever said it, in words without ids."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from operations.history.history import HistoryEntry
from operations.times import Times
from outagectl.commands.show.story import story
from tests.kits.logbook import HOSPITAL, NIGHT, WORKS, ZONE, asked, entry, promise

T = Times(ZONE, "Asia/Shanghai")


def told(*entries: HistoryEntry) -> list[tuple[str, str]]:
    return [(who, what) for _, who, what in story(entries, T)]


def crew(service: str, **more: Any) -> HistoryEntry:
    return entry(
        "crew.status.v1", {"mRID": "F1", "crewStatus": "arrived", "at": NIGHT.isoformat()}, service=service, **more
    )


def test_a_fact_that_several_services_recorded_is_told_once_as_dispatchs() -> None:
    ((who, what),) = told(crew("restorer"), crew("notifier"))
    assert (who, what) == ("dispatch", "crew arrived")


def test_promises_of_parallel_rules_are_one_line_and_a_verdict_says_what_was_promised() -> None:
    made = [promise("made", rule, obligation="crew-on-site") for rule in ("a", "b")]
    broken = replace(
        promise("broken", "a", at=NIGHT.isoformat(), reason="deadline-passed"), at=NIGHT + timedelta(hours=1)
    )
    assert told(*made, broken) == [
        ("restorer", "promises a crew on site by 03-06 02:14"),
        ("restorer", "promise broken: no crew on site by 03-06 02:14"),
    ]


def test_what_is_kept_or_taken_over_as_it_is_made_is_no_line_of_its_own() -> None:
    lines = told(
        promise("made", "kept", obligation="restore-supply"),
        promise("kept", "kept", at=NIGHT.isoformat(), reason="done-in-time", cause="2"),
        promise("made", "passing", obligation="crew-on-site"),
        promise("voided", "passing", reason="reported", cause="2"),
    )
    assert [what for _, what in lines] == ["promise kept: power came back, 1 d before it was due (03-06 02:14)"]


def test_texts_that_say_the_same_are_one_line_with_whom_they_are_for() -> None:
    ((who, what),) = told(asked("m-1", WORKS), asked("m-2", HOSPITAL))
    assert (who, what.startswith(f"texts {HOSPITAL}, {WORKS}: “the power is off")) == ("notifier", True)


def test_of_promises_to_a_customer_only_a_broken_one_is_told() -> None:
    lines = told(
        promise("made", "w", obligation="first-word", customerId=HOSPITAL),
        promise("broken", "w", at=NIGHT.isoformat(), reason="x", customerId=HOSPITAL, cause="2"),
    )
    assert [what for _, what in lines] == [
        f"{HOSPITAL}: promise broken: the customer not told that power is off by 03-06 02:14"
    ]
