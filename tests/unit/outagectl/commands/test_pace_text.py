"""`outagectl sending status` says how fast texts go now, how many tokens are left, and what holds them back."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from operations.sending.paces import SenderPace, pace_json
from operations.times import Times
from outagectl.commands.sending.pace_text import pace_rows
from services.notifier.domain.provider.pace import Pace, refill, slow
from tests.kits.deciders.notifier import at

T = Times(ZoneInfo("Asia/Shanghai"), "Asia/Shanghai")
NOW = at(5, 2)


def shown(pace: Pace) -> tuple[str, ...]:
    (row,) = pace_rows([SenderPace("twilio", "MG1", pace)], NOW, T)
    return row


def test_a_sender_that_nothing_holds_back_has_all_its_tokens() -> None:
    pace = refill(Pace(100.0, 100.0, 0.0, NOW - timedelta(minutes=1)), 100.0, NOW)
    assert shown(pace) == ("twilio", "MG1", "100", "100", "25 of 25", "nothing")
    assert pace_json(SenderPace("twilio", "MG1", pace), NOW)["restsUntil"] is None


def test_after_a_429_it_says_since_when_it_is_slower_and_how_long_it_rests() -> None:
    pace = slow(Pace(100.0, 100.0, 25.0, NOW), NOW - timedelta(seconds=1), NOW, timedelta(seconds=3))
    *_, per_second, most, tokens, held = shown(pace)
    assert (per_second, most, tokens) == ("70", "100", "0 of 17")
    assert held.startswith("slowed down by a 429 2026-03-05 02:00:00, faster each second; rests for 3 s more")
    assert pace_json(SenderPace("twilio", "MG1", pace), NOW)["textsPerSecond"] == 70.0
