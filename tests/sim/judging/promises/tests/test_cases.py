"""The referee of the table of promises is shown what it must not let pass."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kits.promises import DUE, made, said
from tests.sim.judging.promises.cases import other_count, other_than_said
from tests.sim.judging.words import Word, told

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
WORDS = [Word(NOW, "dispatch/1", one) for one in (made(), said("broken"), said("corrected", was="broken", now="kept"))]
ROW: dict[str, Any] = {
    "promise_id": "F-1/cn.fault-done/1",
    "rule_id": "cn.fault-done",
    "mrid": "F-1",
    "due_at": DUE,
    "standing": "kept",
}


def test_a_row_that_says_what_the_log_says_is_right() -> None:
    assert not [*other_than_said([ROW], told(WORDS), "restorer")]


@pytest.mark.parametrize(
    "rows",
    [[], [ROW | {"standing": "broken"}], [ROW | {"due_at": NOW}], [ROW, ROW | {"promise_id": "F-2"}]],
    ids=["missing", "not corrected", "another deadline", "never promised"],
)
def test_a_row_that_does_not_is_found(rows: list[dict[str, Any]]) -> None:
    assert len([*other_than_said(rows, told(WORDS), "restorer")]) == 1


def test_a_month_that_counts_another_number_is_found() -> None:
    right = {("2026-03", "cn.fault-done", "kept"): 1}
    assert not [*other_count(right, told(WORDS))]
    assert len([*other_count({}, told(WORDS))]) == 1
    assert len([*other_count({("2026-03", "cn.fault-done", "broken"): 1}, told(WORDS))]) == 2
