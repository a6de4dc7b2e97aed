"""An erasure is asked of the notifier: who, when and why are in its log with the act, which is done once whatever is killed."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from schemas.contracts.customers import CustomerErased, CustomerUpserted
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.clock import SystemClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.answering import Operations
from services.kernel.writing.transaction import Transaction
from services.notifier.app import Notifier
from services.notifier.registry.topic import LOCK, RegistryPublisher, tell
from tests.kits.dying import dies_at
from tests.kits.kernel.asked import put
from tests.kits.stack.databases import as_role
from tests.kits.stack.importing.registry import CONTROL, CUSTOMERS, DUTY, HOSPITAL, WATER, Desk
from tests.kits.stack.sending import VOICE


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    """With two customers, and a number of each."""
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, CONTROL)
    return desk


@pytest.fixture
async def pool(desk: Desk) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(
        desk.address, min_size=1, max_size=3, server_settings={"search_path": "notifier"}
    ) as made:
        yield made


def operations(pool: asyncpg.Pool) -> Operations:
    """As a notifier that has just started judges."""
    return Operations(Transaction(Notifier(VOICE), pool, Telemetry("notifier")), SystemClock())


async def asked(desk: Desk, pool: asyncpg.Pool, why: str = "asked for it by letter") -> UUID:
    """A request to erase $1, on record and judged by nobody yet."""
    return await put(pool, SystemClock(), "registry erase", {"customerId": f"{desk.prefix}1"}, who="chen", why=why)


async def keys(desk: Desk) -> list[str]:
    rows = await desk.db.fetch("select customer_id from customer_key order by 1")
    return [row["customer_id"].removeprefix(desk.prefix) for row in rows]


async def test_who_asked_for_an_erasure_when_and_why_stands_in_the_log_beside_what_was_done(desk: Desk) -> None:
    done = await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "asked by letter of 3 March")
    rows = await desk.db.fetch(
        "select type, data from event where stream_id = $1 order by version", f"operator/{done['requestId']}"
    )
    said, answer = (json.loads(row["data"]) for row in rows)
    assert (said["who"], said["why"], said["action"]) == ("chen", "asked by letter of 3 March", "registry erase")
    assert said["detail"] == {"customerId": f"{desk.prefix}1"}
    assert said["askedAt"]
    assert said["login"] == await desk.db.fetchval("select session_user")
    assert answer["reason"] == "customer-erased"
    assert datetime.fromisoformat(answer["result"]["erasedAt"]) == datetime.fromisoformat(done["erasedAt"])
    assert await desk.db.fetchval("select count(*) from operator_action") == 0, "it has one record, the log"
    code, shown = await desk.ctl.run("show", "operator", done["requestId"])
    assert (code, "asked by letter of 3 March" in shown) == (0, True)
    assert "Times are" in shown
    code, shorter = await desk.ctl.run("show", "operator", done["requestId"][:8])
    assert (code, shorter) == (0, shown), "the beginning of an id is enough"
    code, unsure = await desk.ctl.run("show", "operator", done["requestId"][:3])
    assert (code, "at least 4 characters" in unsure) == (2, True)
    report = await desk.ctl.json("audit", "--service", "notifier")
    (check,) = [one for one in report["checks"] if one["check"] == "operators"]
    assert (check["faults"], check["checked"]) == ([], 3)


@pytest.mark.parametrize("step", ["request-taken", "request-acted", "request-before-commit", "request-after-commit"])
async def test_an_erasure_is_done_once_and_told_whatever_step_the_notifier_died_at(
    desk: Desk, pool: asyncpg.Pool, step: str
) -> None:
    request_id = await asked(desk, pool)

    with dies_at(step):
        await operations(pool).once()
    assert await keys(desk) == (["2"] if step == "request-after-commit" else ["1", "2"]), "all of it or nothing"
    for _ in range(2):
        await operations(pool).once()
    assert await keys(desk) == ["2"]
    (row,) = await desk.db.fetch(
        "select reason, data from event where stream_id = $1 and type = 'operator.done.v1'", f"operator/{request_id}"
    )
    assert row["reason"] == "customer-erased"
    producer = Producer(desk.kafka)
    teller = RegistryPublisher(pool, producer, SystemClock())
    try:
        assert [await teller.once() for _ in range(3)] == [0, 1, 0], "a command has one look's time to tell it itself"
    finally:
        await producer.stop()
    words = [word.data for word in await desk.words() if word.data.customer_id == f"{desk.prefix}1"]
    assert [isinstance(word, CustomerErased) for word in words].count(True) == 1
    assert words[-1].erased_at.isoformat() == json.loads(row["data"])["result"]["erasedAt"]
    assert words[-1].reason == "asked for it by letter"


async def test_an_erasure_asked_while_an_import_is_at_work_waits_for_its_end_and_is_then_done_unasked(
    desk: Desk, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", LOCK)
        code, said = await desk.ctl.run("erase", "--yes", f"{desk.prefix}1", "--reason", "asked for it")
        assert code == 4
        assert "not done yet: another import or erasure is at work" in " ".join(said.split())
        await operations(pool).once()
        assert await keys(desk) == ["1", "2"]
    await operations(pool).once()
    assert await keys(desk) == ["2"]


async def test_who_may_not_destroy_keys_may_not_have_them_destroyed(desk: Desk, pool: asyncpg.Pool) -> None:
    """People on duty may ask the notifier for much; what nobody can bring back stays with those who may do it anyway."""
    duty = await asyncpg.connect(as_role(desk.address, "outage_operator"), server_settings={"search_path": "notifier"})
    for action, detail in (
        ("registry erase", {"customerId": f"{desk.prefix}1"}),
        ("registry erase-again", {"customers": [{"customerId": "x", "erasedAt": "2026-03-05T00:00:00Z"}]}),
        ("registry prune", {"file": "x", "customers": [{"customerId": "x", "seen": "2026-03-05T00:00:00Z"}]}),
    ):
        await put(duty, SystemClock(), action, detail, why="x")  # type: ignore[arg-type]
    await duty.close()
    await operations(pool).once()
    for action in ("erase", "erase-again", "prune"):
        ((reason, answer),) = await desk.answers(f"registry {action}")
        assert reason == "may-not-erase"
        assert "the role outage_operator may not destroy keys" in answer["explanation"]
    assert await keys(desk) == ["1", "2"]


async def test_whom_a_prune_forgot_and_who_ran_it_stands_in_the_log(desk: Desk) -> None:
    assert (await desk.customers(HOSPITAL, words=("--prune", "--yes")))["pruned"] == 1
    ((reason, answer),) = await desk.answers("registry prune")
    assert (reason, answer["result"]) == ("customers-pruned", {"customerIds": [f"{desk.prefix}2"]})
    imports = [reason for reason, _ in await desk.answers("registry import")]
    assert imports == ["noted", "noted"], "customers, contacts; the last file brought nothing in"


async def test_a_prune_leaves_whom_somebody_spoke_of_since(desk: Desk, pool: asyncpg.Pool) -> None:
    seen = await desk.db.fetchval("select updated_at from registry where customer_id = $1", f"{desk.prefix}2")
    missing = {"customerId": f"{desk.prefix}2", "seen": (seen - timedelta(microseconds=1)).isoformat()}
    await put(pool, SystemClock(), "registry prune", {"file": "all.csv", "customers": [missing]}, why="x")
    await operations(pool).once()
    ((reason, _),) = await desk.answers("registry prune")
    assert (reason, await keys(desk)) == ("spoken-of-since", ["1", "2"])


async def test_a_word_put_down_while_the_one_before_it_travels_is_not_taken_for_told(
    desk: Desk, pool: asyncpg.Pool
) -> None:
    await desk.db.execute("insert into registry_untold values ($1)", f"{desk.prefix}1")
    clock, producer = SystemClock(), Producer(desk.kafka)

    async def send(rows: Sequence[Produce]) -> list[bool]:
        if await keys(desk) != ["2"]:
            await asked(desk, pool)
            await operations(pool).once()
        return await producer.send(list(rows))

    try:
        async with pool.acquire() as connection:
            assert await tell(connection, send, clock) == 1
            assert isinstance(await desk.last("$1"), CustomerUpserted)
            assert await tell(connection, send, clock) == 1
    finally:
        await producer.stop()
    assert isinstance(await desk.last("$1"), CustomerErased)
    assert await desk.db.fetchval("select count(*) from registry_untold") == 0


async def test_a_row_that_no_record_can_be_made_of_holds_up_nobody_behind_it(desk: Desk, pool: asyncpg.Pool) -> None:
    broken, sound = f"{desk.prefix}1", f"{desk.prefix}2"
    await desk.db.execute("insert into registry_untold values ($1), ($2)", broken, sound)
    await desk.db.execute(
        """update registry set profile = jsonb_set(profile, '{areas}', (
          select jsonb_agg(repeat('x', 100) || n) from generate_series(1, 9000) n
        )) where customer_id = $1""",
        broken,
    )
    producer = Producer(desk.kafka)
    try:
        async with pool.acquire() as connection:
            assert await tell(connection, producer.send, SystemClock()) == 1
            await desk.db.execute("update registry set profile = profile - 'name' where customer_id = $1", broken)
            await desk.db.execute("insert into registry_untold values ($1)", sound)
            assert await tell(connection, producer.send, SystemClock()) == 1
    finally:
        await producer.stop()
    assert [row["customer_id"] for row in await desk.db.fetch("select customer_id from registry_untold")] == [broken]


class Terminal(io.StringIO):
    """Somebody sits there and types."""

    def isatty(self) -> bool:
        return True


async def test_a_prune_says_how_many_would_be_forgotten_and_who_says_no_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.file("customers.csv", CUSTOMERS, [HOSPITAL.replace("special", "first")])
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    code, said = await desk.ctl.run("import", "customers", file, "--prune")
    assert code == 1
    assert "1 customer of 2 not in the file is forgotten for good" in said
    assert "nothing was changed" in said
    assert await keys(desk) == ["1", "2"]
    assert (await desk.last("$1")).importance == "special"
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    code, said = await desk.ctl.run("import", "customers", file, "--prune")
    assert (code, await keys(desk)) == (0, ["1"]), said


async def test_a_prune_that_finds_nobody_missing_asks_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))
    code, said = await desk.ctl.run(
        "import", "customers", desk.file("customers.csv", CUSTOMERS, [HOSPITAL, WATER]), "--prune"
    )
    assert (code, "Go on?" in said) == (0, False), said


async def test_where_nobody_can_be_asked_a_prune_is_refused_and_a_dry_run_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    file = desk.file("customers.csv", CUSTOMERS, [HOSPITAL])
    code, said = await desk.ctl.run("import", "customers", file, "--prune")
    assert (code, "add --yes" in said) == (1, True)
    dry: Any = await desk.ctl.json("import", "customers", file, "--prune", "--dry-run")
    assert dry["pruned"] == 1
    assert await keys(desk) == ["1", "2"]
