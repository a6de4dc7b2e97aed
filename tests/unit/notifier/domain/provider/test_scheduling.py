"""Which texts wait with the provider: those that have the time, and no others."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from schemas.contracts.messages import Lane, Trigger
from services.notifier.domain.customer.lanes import NOTICES, TIMING
from services.notifier.domain.provider.scheduling import AHEAD, LAST, RECONCILE, ROOM, waits_with_provider
from services.policy.quiet import Nights, QuietHours

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def waits(trigger: Trigger, lane: Lane, due: timedelta = 2 * HOUR, of_use: timedelta = 99 * HOUR) -> timedelta | None:
    return waits_with_provider(trigger, lane, now=NOW, due_at=NOW + due, expires_at=NOW + of_use)


@pytest.mark.parametrize("trigger", get_args(Trigger))
@pytest.mark.parametrize("lane", get_args(Lane))
def test_only_notices_of_later_work_wait(trigger: Trigger, lane: Lane) -> None:
    assert (waits(trigger, lane) is not None) == (lane == "notice" and trigger in NOTICES)


def test_what_is_due_or_of_no_use_soon_goes_at_once() -> None:
    assert waits("planned-notice", "notice", due=ROOM) == AHEAD
    assert waits("planned-notice", "notice", due=ROOM - timedelta(seconds=1)) is None
    assert waits("planned-notice", "notice", of_use=ROOM - timedelta(seconds=1)) is None


@pytest.mark.parametrize("trigger", sorted(NOTICES - {"temporary-notice"}))
def test_whatever_waits_is_still_in_time(trigger: Trigger) -> None:
    assert TIMING[trigger].due > AHEAD


def test_there_is_time_to_reconcile_and_to_take_back() -> None:
    twilio_needs = timedelta(minutes=15)
    assert twilio_needs < AHEAD
    assert LAST < RECONCILE < AHEAD


def test_what_would_go_after_nightfall_goes_at_once_and_wakes_nobody() -> None:
    nights = Nights(QuietHours(), ZoneInfo("Asia/Shanghai"))
    at_nine = datetime(2026, 3, 5, 13, tzinfo=UTC)
    times = {"due_at": at_nine + 2 * HOUR, "expires_at": at_nine + 99 * HOUR}
    for before, waits_for in ((AHEAD + timedelta(seconds=1), AHEAD), (AHEAD, None), (timedelta(minutes=1), None)):
        now = at_nine - before
        assert waits_with_provider("planned-notice", "notice", now=now, **times, nights=nights) == waits_for
