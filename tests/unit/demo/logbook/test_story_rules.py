"""The log book of the demo, where a rule is set aside, cannot be kept or is broken."""

from dataclasses import replace
from typing import Any

import pytest

from operations.history.history import HistoryEntry
from outagectl.words.gaps import GAPS, flagged, gap
from tests.kits.logbook import NIGHT, entry, promise, told


def planner(kind: str, data: dict[str, Any], **more: Any) -> HistoryEntry:
    return entry(kind, {"mRID": "F1", **data}, service="planner", cause=kind, **more)


def test_a_leave_says_who_set_which_rule_aside_and_why() -> None:
    leave = {"ruleId": "rule-24h", "reason": "树枝", "approver": "Wang"}
    asked_for = {"outageClass": "temporary", "extent": {"lines": ["L1"]}, "exceptions": [leave]}
    finding = {"rule": {"ruleId": "rule-24h"}, "reason": "set-aside-by-exception", "holds": False}
    lines = told(
        planner("planned.requested.v1", asked_for),
        planner("plan.accepted.v1", {"findings": [finding], "warnings": ["exception-used:rule-24h"]}),
    )
    assert lines[0].what.endswith("on L1; Wang sets rule-24h aside for it, because: 树枝 (a branch)")
    assert lines[1].what == "lets the plan go ahead by that leave, which stays on record with the name"
    assert lines[1].notes[0].startswith("why: set-aside-by-exception · rule rule-24h")


def test_a_safety_cut_goes_ahead_with_every_gap_in_words() -> None:
    gaps = ["safety-cut-gap:key-customer-notice-too-short", "safety-cut-gap:end-missing"]
    (line,) = told(planner("plan.accepted.v1", {"warnings": ["safety-cut", *gaps]}))
    assert line.what == (
        "lets the cut go ahead: a safety cut is never refused; flagged: key customers hear of it too late "
        "(safety-cut-gap:key-customer-notice-too-short); flagged: the notice does not name the end "
        "(safety-cut-gap:end-missing)"
    )


def test_a_safety_cut_without_gaps_flags_none() -> None:
    (line,) = told(planner("plan.accepted.v1", {"warnings": ["safety-cut"]}))
    assert line.what == "lets the cut go ahead: a safety cut is never refused"


def test_an_order_out_of_sequence_is_taken_and_its_gap_told_in_words() -> None:
    ordered = {"extent": {"lines": ["L1"]}, "schemeId": "S", "schemeStep": 2}
    gap = {"rule": {"ruleId": "r"}, "reason": "scheme-out-of-sequence", "holds": False, "given": "step 2"}
    lines = told(
        planner("curtailment.ordered.v1", ordered),
        planner("plan.accepted.v1", {"findings": [gap], "warnings": ["scheme-gap:scheme-out-of-sequence"]}),
    )
    assert lines[0].what.endswith("on L1, step 2 of the scheme S")
    assert lines[1].what.endswith(
        "flagged: a step that comes before it is not in force (scheme-gap:scheme-out-of-sequence)"
    )
    assert "given: step 2" in lines[1].notes


def test_an_order_in_sequence_follows_the_scheme() -> None:
    met = {"rule": {"ruleId": "r"}, "reason": "rule-met", "holds": True, "given": "step 1"}
    (line,) = told(planner("plan.accepted.v1", {"findings": [met]}))
    assert line.what == "finds the order to follow the published scheme"


def test_an_order_to_shed_load_is_no_work_to_be_done() -> None:
    notice = {"noticeId": "F1/1", "outageClass": "curtailment"}
    made = replace(promise("made", "r", obligation="done-by-noticed-end"), service="planner", version=2)
    closed = {"noticeId": "F1/1", "outcome": "carried-out"}
    lines = told(
        planner("notice.published.v1", notice), made, planner("notice.closed.v1", closed, version=3, position=2)
    )
    assert [one.what for one in lines] == [
        "publishes the notice F1/1",
        "promises power back by Fri 6 March 02:14",
        "notice F1/1 is done with: the cut was carried out",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("started-without-notice", "work has begun without notice"),
        ("started-early", "work has begun before its noticed start"),
        ("wider-than-noticed", "the cut is wider than noticed"),
        ("overran", "the work runs past its noticed end"),
    ],
)
def test_a_breach_says_what_happened_and_what_was_noticed(kind: str, words: str) -> None:
    noticed = {"start": "2026-03-05T00:00:00+08:00", "end": "2026-03-05T02:14:00+08:00"}
    breached = {"kind": kind, "at": NIGHT.isoformat(), "noticeId": "F1/1", "noticedPeriod": noticed}
    (line,) = told(planner("notice.breached.v1", breached))
    assert line.what == f"a breach of the notice (F1/1): {words}, since 02:14; noticed was 00:00 to 02:14"
    assert line.tone == "bad"


def test_a_breach_where_nothing_was_noticed_says_no_period() -> None:
    (line,) = told(planner("notice.breached.v1", {"kind": "started-without-notice", "at": NIGHT.isoformat()}))
    assert line.what == "a breach of the notice: work has begun without notice, since 02:14"


def test_a_gap_that_this_version_does_not_know_is_named_as_it_is() -> None:
    assert gap("moon-rise") == "moon-rise"
    assert flagged(["scheme-gap:moon-rise", "unverified-rule:r"]) == "flagged: moon-rise (scheme-gap:moon-rise)"
    assert gap("scheme-step-missing") == GAPS["scheme-step-missing"]
