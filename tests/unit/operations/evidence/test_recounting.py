"""A statement is counted anew from its cases, and what does not come to its figures is found."""

import json
from typing import Any

import pytest

from operations.evidence.recounting import digest_of_lines, statement_faults


def promise(name: str, standing: str, was: str | None = None, rule: str = "cn.crew") -> str:
    due, at = "2026-03-05T10:00:00.000000Z", None if standing == "open" else "2026-03-05T09:50:00.000000Z"
    line = ["promise", rule, "restorer", name, "1", "F", None, [], due, due, standing, at, "done-in-time", was]
    return json.dumps(line)


def measure(mrid: str, minute: int | None, left_out: str | None = None) -> str:
    done = None if minute is None else f"2026-03-05T09:{minute:02}:00.000000Z"
    return json.dumps(["measure", "cn.average", mrid, 1, "1", ["urban"], "2026-03-05T09:00:00.000000Z", done, left_out])


AVERAGE = [measure("A", 30), measure("B", 40), measure("C", None), measure("D", 50, "restored-before-crew")]
PROMISES = [promise("A", "kept", "broken"), promise("B", "broken"), promise("C", "kept")]
LINES = [*AVERAGE, *PROMISES]
ROWS: list[dict[str, Any]] = [
    {
        "rule": {"ruleId": "cn.average"},
        "made": 0,
        "kept": 0,
        "broken": 0,
        "voided": 0,
        "corrected": 0,
        "waiting": 1,
        "counted": 2,
        "aggregate": "average",
        "unit": "minutes",
        "figure": 35.0,
        "limit": 45.0,
        "verdict": "kept",
        "digest": digest_of_lines(AVERAGE),
    },
    {
        "rule": {"ruleId": "cn.crew"},
        "made": 3,
        "kept": 2,
        "broken": 1,
        "voided": 0,
        "corrected": 1,
        "digest": digest_of_lines(PROMISES),
    },
    {"rule": {"ruleId": "cn.hotline"}, "made": 0, "kept": 0, "broken": 0, "voided": 0, "corrected": 0},
]
SAID: dict[str, Any] = {"cases": 7, "casesDigest": digest_of_lines(LINES), "rate": 66.66, "rows": ROWS}


def test_what_its_cases_come_to_is_right() -> None:
    assert [*statement_faults(SAID, LINES)] == []
    nothing = {"casesDigest": digest_of_lines([]), "rows": [ROWS[2]]}
    assert [*statement_faults(nothing, [])] == []


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (0, {"figure": 34.99}),
        (0, {"waiting": 0}),
        (0, {"verdict": "broken"}),
        (1, {"kept": 3}),
        (1, {"corrected": 0}),
        (1, {"digest": "0"}),
        (2, {"made": 1}),
    ],
)
def test_a_row_that_says_otherwise_is_found(row: int, change: dict[str, Any]) -> None:
    rows = [one | change if number == row else one for number, one in enumerate(ROWS)]
    (fault,) = statement_faults(SAID | {"rows": rows}, LINES)
    assert next(iter(change)) in fault


def test_a_case_that_was_dropped_changed_or_is_none_is_found() -> None:
    assert len([*statement_faults(SAID, LINES[:-1])]) >= 3
    changed = [*LINES[:-1], promise("C", "broken")]
    assert any("digest" in fault for fault in statement_faults(SAID, changed))
    assert any("is no case" in fault for fault in statement_faults(SAID, [*LINES[:-1], "[]"]))
    assert any("cannot be counted" in fault for fault in statement_faults(SAID, [*LINES[:-1], "{"]))
    assert any("has cases and no row" in fault for fault in statement_faults(SAID | {"rows": ROWS[:1]}, LINES))
    assert any("rate" in fault for fault in statement_faults(SAID | {"rate": 66.67}, LINES))


def call(report: str, outcome: str | None) -> str:
    return json.dumps(["call-back", "cn.followup.rate", "F", report, "2026-03-05T09:00:00.000000Z", outcome, None])


def test_calls_back_are_counted_of_those_that_were_due() -> None:
    lines = [call("R-1", "satisfied"), call("R-2", "unreached"), call("R-3", None), call("R-4", "void")]
    row = ROWS[2] | {
        "rule": {"ruleId": "cn.followup.rate"},
        "obligation": "call-back",
        "waiting": 2,
        "counted": 3,
        "figure": 33.33,
        "digest": digest_of_lines(lines),
    }
    said = {"cases": 4, "casesDigest": digest_of_lines(lines), "rows": [row]}
    assert [*statement_faults(said, lines)] == []
    assert len([*statement_faults(said | {"rows": [row | {"figure": 100.0}]}, lines)]) == 1
