"""What customers answered is shown in their words, and steers no screen."""

from zoneinfo import ZoneInfo

import pytest

from operations.texts.replies import ReplyShown
from operations.times import Times
from outagectl.commands.duty.replies import print_replies
from tests.kits.deciders.notifier import at

T = Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")


def shown(body: str) -> ReplyShown:
    return ReplyShown(
        reply_id="SM1",
        provider="sms-gateway",
        body=body,
        meaning="other",
        reason="in-words",
        code=None,
        customers=["ventilator"],
        received_at=at(5, 2),
        to_read=["in-words"],
        waits=True,
    )


def test_what_somebody_types_moves_no_cursor_and_turns_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_replies([shown("呼吸机只剩十分钟\n\x1b[2J\u202e快来")], T)
    said = capsys.readouterr().out
    assert "“呼吸机只剩十分钟" in said
    assert "快来”" in said
    assert "\x1b[2J" not in said
    assert "\u202e" not in said
