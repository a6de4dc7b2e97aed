"""What a pod of an older version hears of in a rolling update is counted by this version while it runs, not at its next start."""

from datetime import timedelta

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus, FaultReported, OutageStarted, SupplyRestored
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.app import Restorer
from services.restorer.tables.months.rules import MonthRules
from services.restorer.tables.months.watching import RENEW_SECONDS, MonthWatch
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]
MINUTE = timedelta(minutes=1)
WHERE = Extent(lines=("10千伏城东线",), nominal_voltage=10)
TABLES = {
    "counted_outage": "select mrid, figures::text from counted_outage order by 1",
    "interruption": "select mrid, number, off_from, off_until from interruption order by 1, 2",
    "measured_case": "select mrid, rule_id, episode, since, done_at from measured_case order by 1, 2, 3",
    "followup": "select mrid, report_id, due_from, outcome, next_at from followup order by 1, 2",
    "promise_case": "select service, promise_id, standing from promise_case order by 1, 2",
}


async def test_every_table_that_an_older_version_does_not_know_is_filled_within_half_a_minute(
    restorer_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = restorer_room
    service = room.workers[0].service
    assert isinstance(service, Restorer)
    async with room.pool.acquire() as connection:
        await service.renew(connection)  # it has begun, and looked through all there was
    began = NOW - 60 * MINUTE
    await room.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=began, extent=WHERE))
    await room.say(FaultReported(mrid="F-1", reported_at=began + MINUTE, report_id="R-1", extent=WHERE))
    await room.say(CrewStatus(mrid="F-1", crew_status="arrived", at=began + 30 * MINUTE))
    await room.say(SupplyRestored(mrid="F-1", restored_at=began + 50 * MINUTE))
    inline = {name: await room.pool.fetch(sql) for name, sql in TABLES.items()}
    assert all(inline.values()), "each has something to be missed"
    # As if a pod that knows none of these tables had heard of it all.
    for name in TABLES:
        await room.pool.execute(f"delete from {name}")
    await room.pool.execute("update live set view = view - 'figures' where stream_id = 'outage/F-1'")

    rules = MonthRules(load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN", "Asia/Shanghai"))
    watch = MonthWatch(room.workers[0], room.pool, room.clock, rules, service.catch_up)
    monkeypatch.setattr(watch, "_renewed_at", room.clock.monotonic() - RENEW_SECONDS)
    await watch.look()
    assert {name: await room.pool.fetch(sql) for name, sql in TABLES.items()} == inline
