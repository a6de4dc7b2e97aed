"""A question to dispatch is a task of the restorer's until it is answered; what was set aside is one until it is mended."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.restorer import EAST
from tests.kits.stack.tables.restorer import restorer_in
from tests.kits.stack.tables.room import Room


@pytest.fixture
async def room(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async with restorer_in(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


async def looked(room: Room) -> None:
    worker = TaskWorker(room.workers[0], room.pool, room.clock)
    while await worker.once():
        pass


async def test_a_fact_in_question_is_a_task_until_dispatch_has_answered(room: Room, ctl: Ctl) -> None:
    began = room.clock.now() - timedelta(minutes=30)
    await room.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=began, extent=EAST))
    await room.say(SupplyRestored(mrid="F-1", restored_at=began - timedelta(hours=3)))
    (question,) = await ctl.json("facts", "list")
    await looked(room)
    (task,) = await ctl.json("task", "list")
    assert (task["kind"], task["mRID"], task["reason"]) == ("fact-questioned", "F-1", question["reason"])
    assert task["whom"][0]["ref"] == question["questionId"]
    code, said = await ctl.run("facts", "refuse", question["questionId"], "--reason", "local time, mended since")
    assert code == 0, said
    await looked(room)
    assert await ctl.json("task", "list") == []
    (over,) = await ctl.json("task", "list", "--over")
    assert over["closedFor"] == "cause-gone"


async def test_what_was_set_aside_is_a_task_until_somebody_decides(room: Room, ctl: Ctl) -> None:
    await room.pool.execute(
        "insert into quarantine (quarantine_id, topic, partition, record_offset, headers, redacted, reason, detail, at, state)"
        " values (gen_random_uuid(), 'outage.dispatch', 0, 7, '{}', false, 'not-json', 'x', $1, 'open')",
        datetime(2026, 3, 5, 11, tzinfo=UTC),
    )
    await looked(room)
    (task,) = await ctl.json("task", "list")
    assert (task["kind"], task["mRID"], task["reason"]) == ("set-aside", None, "not-json")
    assert "set aside by the restorer: not-json" in (await ctl.said("task", "list")).out
    await room.pool.execute("update quarantine set state = 'dropped', resolved_at = $1", room.clock.now())
    await looked(room)
    assert await ctl.json("task", "list") == []
