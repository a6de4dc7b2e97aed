"""Every event there is can be told in words, whatever optional parts it lacks."""

from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from typing import Any

import msgspec
import pytest
from rich.console import Console

from operations.history.history import History, HistoryEntry
from operations.times import Times
from outagectl.commands.show.text import notes, plainly, print_history, promise_rows, told
from outagectl.words.sentences import WORDED, in_words
from schemas.contracts.all_types import REGISTRY
from schemas.golden import EXAMPLES
from schemas.golden.words import Example
from services.notifier.domain import events as of_notifier
from services.planner.domain import events as of_planner
from services.restorer.domain import events as of_restorer
from tests.kits.kernel.toy import START

UTC_TIMES = Times()


def entry(type_: str, data: Mapping[str, Any], **changes: Any) -> HistoryEntry:
    made = HistoryEntry(
        at=START,
        service="restorer",
        stream_id="outage/o1",
        version=1,
        event_id="e1",
        type=type_,
        data=data,
        reason="recorded",
        cause="/dispatch/east/1",
        chain="ab",
        position=1,
    )
    return replace(made, **changes)


def test_there_are_words_for_every_type_that_travels_or_stays_in_a_log() -> None:
    known = {*REGISTRY, *of_notifier.STRUCTS, *of_planner.STRUCTS, *of_restorer.STRUCTS}
    assert known - WORDED == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.type}")
def test_every_example_reads_as_a_sentence(example: Example) -> None:
    words = in_words(example.type, example.data, UTC_TIMES)
    assert words[0].isupper() or words[0].isdigit() or words.startswith("twilio"), words
    assert "None" not in words
    assert "T09:" not in words, "instants are shown in the reader's zone"


@pytest.mark.parametrize("type_name", sorted(WORDED))
def test_an_event_that_lacks_everything_optional_is_still_told(type_name: str) -> None:
    assert in_words(type_name, {}, UTC_TIMES)


def test_a_type_of_a_later_version_is_named_as_it_is() -> None:
    assert in_words("outage.dreamt.v3", {}, UTC_TIMES).startswith("outage.dreamt.v3")


def test_a_promise_is_told_with_its_rule_its_source_and_the_time_in_hand() -> None:
    rule = {"policyId": "cn", "policyVersion": "2", "ruleId": "restore", "source": "第十条", "verified": False}
    due = {"rule": rule, "dueAt": "2026-03-05T10:00:00Z"}
    kept = entry("promise.kept.v1", {**due, "at": "2026-03-05T09:15:00Z"})
    assert list(notes(kept, UTC_TIMES)) == ["rule cn 2 · restore · 第十条 · UNVERIFIED, 45 min in hand"]
    broken = entry("promise.broken.v1", {**due, "at": "2026-03-06T13:00:00Z"})
    assert next(iter(notes(broken, UTC_TIMES))).endswith("1 d 3 h too late")


def test_a_refused_plan_shows_what_was_required_and_given() -> None:
    refused = next(example for example in EXAMPLES if example.type == "plan.rejected.v1")
    (line,) = notes(entry("plan.rejected.v1", refused.data), UTC_TIMES)
    assert "not met (notice-too-short)" in line
    assert line.endswith("1 d 9 h too late")


def test_a_fact_that_three_services_recorded_is_told_once() -> None:
    fact = {"mRID": "o1", "clearedAt": "2026-03-05T09:00:00Z"}
    entries = [entry("cause.cleared.v1", fact, service=name) for name in ("planner", "restorer", "notifier")]
    assert len(list(told(entries, UTC_TIMES, proof=False))) == 1
    with_proof = list(told(entries, UTC_TIMES, proof=True))
    assert [line.small[-1] for line in with_proof] == ["version 1 of outage/o1, position 1, event e1, chain ab"] * 3


def test_one_truth_for_many_customers_is_one_line_that_names_the_first() -> None:
    entries = [
        entry("customer.touched.v1", {"customerId": f"c{n}"}, service="notifier", event_id=str(n)) for n in range(7)
    ]
    (line,) = told(entries, UTC_TIMES, proof=False)
    assert line.words == "Passed on to 7 customers: c0, c1, c2, c3, c4 and 2 more"


def test_words_from_outside_are_never_taken_for_markup() -> None:
    history = History("outage", "[bold]o1", entries=[entry("cause.cleared.v1", {"cause": "[red]fire[/red]"})])
    out = Console(file=StringIO(), width=200)
    print_history(out, history, UTC_TIMES, proof=False)
    told_as = out.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold]o1" in told_as
    assert "[red]fire[/red]" in told_as


def test_promises_come_from_the_live_views_of_all_services() -> None:
    history = History("outage", "o1")
    promise = {
        "promiseId": "o1/r/1",
        "ruleId": "r",
        "dueAt": "2026-03-05T10:00:00Z",
        "state": "kept",
        "verified": False,
    }
    history.streams = [
        {"service": "restorer", "view": {"promises": [promise]}},
        {"service": "planner", "view": None},
    ]
    assert promise_rows(history, UTC_TIMES) == [("r", "2026-03-05 10:00", "kept", "–", "no: unverified rule")]


def test_parts_of_a_view_are_told_plainly() -> None:
    view = msgspec.json.decode(b'{"at":"2026-03-05T10:00:00Z","by":["a","b"],"none":null,"empty":[]}')
    assert plainly(view, UTC_TIMES) == "at 2026-03-05 10:00, by a; b"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"reason": "test-energisation"}, "The claim of power at 2026-03-12 00:00 is not believed (test-energisation)"),
        ({"reason": "restoration-taken-back"}, "It is taken back that power was back for everyone at 2026-03-12 00:00"),
        (
            {"reason": "part-taken-back", "step": 3, "contradictedBy": ["10千伏城东线"]},
            "Step 3 is taken back: power was not back at 2026-03-12 00:00 after all (10千伏城东线)",
        ),
    ],
)
def test_what_is_not_believed_is_told_apart_from_what_is_taken_back(said: dict[str, Any], words: str) -> None:
    data = {"mRID": "F-1", "claimedAt": "2026-03-12T00:00:00Z", **said}
    assert in_words("restoration.refused.v1", data, UTC_TIMES).startswith(words)


def test_a_notice_whose_time_stays_is_not_said_to_be_narrowed_from_that_time_to_the_same() -> None:
    when = {"start": "2026-03-12T08:00:00+08:00", "end": "2026-03-12T17:00:00+08:00"}
    sooner = {**when, "end": "2026-03-12T15:00:00+08:00"}
    data = {"noticeId": "N-2", "change": "narrowed", "previousPeriod": when, "plannedPeriod": when}
    assert in_words("notice.amended.v1", data, UTC_TIMES).endswith("(narrowed, its time stays)")
    assert "(narrowed from 2026-03-12 00:00" in in_words(
        "notice.amended.v1", {**data, "plannedPeriod": sooner}, UTC_TIMES
    )
