"""What a look says there is, and what the statements give that it stands for: they never disagree."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.contracts.messages import MessageAccepted
from services.kernel.model import Event
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.sending.claiming import LEASE
from services.notifier.tables.notifications import NotificationRows
from tests.kits.deciders.notifier import at
from tests.kits.stack.tables.notifier import HOME, HOUR, LANES, SENDING, Connection, asked, claim, tables

BRAKE, CIRCUIT = queries(HOME / "brake.sql"), queries(HOME / "circuit.sql")
US, OTHERS = 7, 8
NOW = at(5, 9, 15)


@pytest.fixture
async def db(postgres: str) -> AsyncIterator[Connection]:
    async with tables(postgres) as connection:
        yield connection


async def there_is(db: Connection, now: Any = NOW, *, owner: int = US, silent: Any = None) -> set[str]:
    """Kinds of work by the looks; those that the statements themselves find must be the same."""
    silent = silent or now - HOUR
    looks = dict(await db.fetchrow(SENDING["at_hand"], now, now, LANES[1], "twilio"))
    looks |= dict(await db.fetchrow(SENDING["in_doubt"], owner, now, silent, "twilio"))
    found = {
        **{f"claim_{lane}": await _claimed(db, now, lane) for lane in LANE_RANK},
        "ready_over": await db.fetch(SENDING["ready_over"], now, None),
        "brakes": await db.fetch(BRAKE["brakes"]),
        "open_circuits": await db.fetch(CIRCUIT["open_circuits"], "twilio"),
        "reported": await db.fetch(CIRCUIT["reported"], "twilio"),
        "numbers": await db.fetch("select from number_pace where provider = 'twilio'"),
        "claimed_elsewhere": await db.fetch(SENDING["claimed_elsewhere"], owner),
        "lapsed": await db.fetch(SENDING["lapsed"], now),
        "unresolved": await db.fetch(SENDING["unresolved"], LEASE, "twilio"),
        "silent": await db.fetch(SENDING["silent"], silent, "twilio"),
        "look_again": await db.fetch(SENDING["look_again"], now, LEASE, "twilio"),
    }
    assert looks == {kind: bool(rows) for kind, rows in found.items()}
    return {kind for kind, is_there in looks.items() if is_there}


async def _claimed(db: Connection, now: Any, lane: str) -> list[str]:
    """What could be claimed of a lane; nothing is."""
    transaction = db.transaction()
    await transaction.start()
    rows = await claim(db, now, lane)
    await transaction.rollback()
    return rows


async def put_circuit(db: Connection, provider: str) -> None:
    await db.execute(
        "insert into circuit (provider, scope, subject, is_open, reason, found_by, since, faulted_at, next_probe_at) "
        "values ($1, 'account', '', true, 'daily-cap', 'answer', $2, $2, $2)",
        provider,
        NOW,
    )


async def fold(db: Connection, data: Any) -> None:
    event = Event("customer/hospital", 1, UUID(int=1), "any.v1", data, NOW, "/test/x", "because")
    async with db.transaction():
        await NotificationRows().apply(db, [event])


async def test_on_a_quiet_night_there_is_nothing(db: Connection) -> None:
    assert await there_is(db) == set()


async def test_a_text_is_due_then_under_way_then_of_others_then_lapsed(db: Connection) -> None:
    text = await asked(db)
    assert await there_is(db) == {"claim_key"}
    assert await there_is(db, at(5, 13)) == {"ready_over"}
    assert await claim(db) == [text]
    assert await there_is(db) == set()
    assert await there_is(db, owner=OTHERS) == {"claimed_elsewhere"}
    assert await there_is(db, NOW + 2 * HOUR) == {"lapsed"}


async def test_a_text_that_must_wait_for_another_attempt_is_not_due(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await db.execute(SENDING["back_to_ready"], text, 1, NOW + timedelta(minutes=1))
    assert await there_is(db) == set()
    assert await there_is(db, NOW + timedelta(minutes=2)) == {"claim_key"}


async def test_an_answer_that_was_lost_waits_for_its_verdict_and_a_receipt_that_does_not_come_is_asked_for(
    db: Connection,
) -> None:
    text = await asked(db)
    await claim(db)
    await db.execute(SENDING["lose_answer"], text, 1)
    await db.execute(SENDING["mark_unknown"], text, 1, NOW)
    assert await there_is(db) == {"unresolved"}
    taken = {"message_id": text, "customer_id": "hospital", "attempt": 1, "provider": "twilio", "provider_sid": "SM1"}
    await fold(db, MessageAccepted(**taken, accepted_at=NOW))
    assert await there_is(db) == set()
    later = NOW + HOUR / 2
    assert await there_is(db, later, silent=later) == {"silent"}
    await db.execute(SENDING["asked"], [text], later)
    assert await there_is(db, later, silent=later) == set()


async def test_after_a_restore_a_text_that_only_a_callback_tells_of_is_asked_for_until_it_has_its_receipt(
    db: Connection,
) -> None:
    text = await asked(db)
    taken = {"message_id": text, "customer_id": "hospital", "attempt": 1, "provider": "twilio", "provider_sid": "SM1"}
    await fold(db, MessageAccepted(**taken, accepted_at=NOW))
    assert await there_is(db) == {"silent"}
    (silent,) = await db.fetch(SENDING["silent"], NOW, "twilio")
    assert (silent["provider_sid"], silent["n"]) == ("SM1", 1)
    await db.execute(SENDING["asked"], [text], NOW)
    assert await there_is(db) == set()
    assert await there_is(db, NOW + HOUR, silent=NOW + HOUR / 2) == {"silent"}


async def test_what_was_freed_for_the_list_lacked_it_is_looked_up_again_when_its_time_has_come(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await db.execute(SENDING["back_to_ready"], text, 1, NOW + 2 * HOUR)
    await db.execute(SENDING["close_attempt"], text, 1, "not-created", None, None, NOW, None)
    await db.execute(SENDING["look_again_at"], text, 1, NOW + HOUR / 2)
    assert await there_is(db) == set()
    assert await there_is(db, NOW + HOUR / 2) == {"look_again"}
    await db.execute(SENDING["look_again_at"], text, 1, None)
    assert await there_is(db, NOW + HOUR / 2) == set()


async def test_brakes_circuits_and_reported_failures_of_this_provider(db: Connection) -> None:
    await db.execute("insert into brake values ('key', $1, 'Ann', 'a drill')", NOW)
    assert await there_is(db) == {"brakes"}
    await put_circuit(db, "another")
    assert await there_is(db) == {"brakes"}
    await put_circuit(db, "twilio")
    assert await there_is(db) == {"brakes", "open_circuits"}
    await db.execute("delete from brake")
    await db.execute("update circuit set is_open = false")
    await asked(db)
    await claim(db)
    await db.execute("update attempt set fault = 'reported', fault_at = $1", NOW)
    assert await there_is(db) == {"reported"}
