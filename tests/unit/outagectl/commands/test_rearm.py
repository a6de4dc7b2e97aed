"""What a review of all streams came to, as one reads it: thirty lines, also where thousands of customers wait for a word."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from operations.duty.rearm import NOT_PROMISED, MovedPromise, Rearmed
from operations.times import Times
from outagectl.commands.system.rearm import SHOWN_NEW, _show

DUE = datetime(2026, 3, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_promises_that_no_version_had_made_are_counted_and_some_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    new = [MovedPromise(f"customer/KC-{n}", f"KC-{n}/word/1", None, DUE, NOT_PROMISED) for n in range(20_000)]
    moved = MovedPromise("outage/F1", "F1/done/1", DUE, DUE + timedelta(days=1), "calendar-changed")
    _show(
        Rearmed("notifier", "r", 20_001, 20_001, moves=[*new, moved]), Times(ZoneInfo("Asia/Shanghai")), dry_run=False
    )
    said = capsys.readouterr().out
    assert "1 promise moved, 20,000 promises made that stood nowhere before" in said
    assert "F1/done/1" in said
    assert said.count(NOT_PROMISED) == SHOWN_NEW
    assert f"{20_000 - SHOWN_NEW:,} more promises made" in said
