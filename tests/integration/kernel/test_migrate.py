"""Migrations on a real PostgreSQL: in order, once, unedited, with a role that can do no more than it must."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.kernel.adapters.migrate import MigrationError, SchemaMismatch, check_version, migrate, required_version
from tests.kits.stack.databases import database

KERNEL = Path(__file__).parents[3] / "services" / "kernel" / "sql" / "migrations"


@pytest.fixture
async def dsn(postgres: str) -> AsyncIterator[str]:
    """A database of its own for each test; roles are the server's."""
    async with database(postgres) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "planner" / "sql" / "migrations").mkdir(parents=True)
    return tmp_path / "planner" / "sql" / "migrations"


def add(folder: Path, name: str, sql: str, depends: str = "") -> None:
    text = f"-- Words about it.\n-- depends: {depends}\n\n-- migrate: apply\n\n{sql}\n\n-- migrate: rollback\n\n"
    (folder / f"{name}.sql").write_text(text)


@pytest.fixture
def two(folder: Path) -> Path:
    add(folder, "0001_plan", "create table plan (id int primary key);")
    log = "create table journal (n int generated always as identity, word text);"
    add(folder, "0002_journal", f"{log}\ncomment on table journal is 'append-only: words';", "0001_plan")
    return folder


async def tables(dsn: str, schema: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = $1", schema)
    await connection.close()
    return {row["tablename"] for row in rows}


async def check(dsn: str, schema: str, *folders: Path) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return await check_version(connection, schema, folders)
    finally:
        await connection.close()


async def test_migrations_are_applied_in_order_and_only_once(dsn: str, two: Path) -> None:
    assert await migrate(dsn, "planner", [two]) == ["0001_plan", "0002_journal"]
    assert await migrate(dsn, "planner", [two]) == []
    assert {"plan", "journal"} <= await tables(dsn, "planner")
    assert await check(dsn, "planner", two) == 2


async def test_each_service_has_the_kernels_tables_and_its_own_in_its_own_schema(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [KERNEL, two])
    await migrate(dsn, "notifier", [KERNEL])
    assert {"event", "outbox", "plan"} <= await tables(dsn, "planner")
    assert "event" in await tables(dsn, "notifier")
    assert "plan" not in await tables(dsn, "notifier")
    assert await check(dsn, "planner", KERNEL, two) == len(required_version([KERNEL, two]))
    assert await check(dsn, "notifier", KERNEL) == len(required_version([KERNEL]))


async def test_a_new_file_is_applied_to_a_schema_that_has_the_ones_before(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    add(two, "0003_more", "alter table plan add column word text;", "0002_journal")
    assert await migrate(dsn, "planner", [two]) == ["0003_more"]


async def test_two_at_once_wait_for_each_other(dsn: str, two: Path) -> None:
    results = await asyncio.gather(*(migrate(dsn, schema, [two]) for schema in ("planner", "planner", "restorer")))
    assert sorted(map(len, results)) == [0, 2, 2]


async def test_a_service_is_refused_an_older_database_and_told_the_command(dsn: str, two: Path) -> None:
    with pytest.raises(SchemaMismatch, match=r"lacks 0001_plan, 0002_journal: run: outagectl migrate"):
        await check(dsn, "planner", two)
    await migrate(dsn, "planner", [two])
    add(two, "0003_more", "alter table plan add column word text;", "0002_journal")
    with pytest.raises(SchemaMismatch, match=r"lacks 0003_more: run: outagectl migrate"):
        await check(dsn, "planner", two)


async def test_a_service_is_refused_a_newer_database(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    (two / "0002_journal.sql").unlink()
    for attempt in (check(dsn, "planner", two), migrate(dsn, "planner", [two])):
        with pytest.raises(SchemaMismatch, match=r"0002_journal.*newer than this code.*outagectl migrate"):
            await attempt


async def test_an_applied_file_that_was_edited_is_refused(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    add(two, "0001_plan", "create table plan (id bigint primary key);")
    for attempt in (check(dsn, "planner", two), migrate(dsn, "planner", [two])):
        with pytest.raises(SchemaMismatch, match="0001_plan was edited after it was applied"):
            await attempt


async def test_a_file_that_fails_leaves_those_before_it_and_nothing_of_its_own(dsn: str, two: Path) -> None:
    add(two, "0003_bad", "create table half (id int);\ncreate table plan (id int);", "0002_journal")
    with pytest.raises(MigrationError, match=r"0003_bad.*already exists"):
        await migrate(dsn, "planner", [two])
    assert {"plan", "journal"} <= await tables(dsn, "planner")
    assert "half" not in await tables(dsn, "planner")
    add(two, "0003_bad", "create table half (id int);", "0002_journal")
    assert await migrate(dsn, "planner", [two]) == ["0003_bad"]


async def test_a_digest_lost_by_a_kill_between_the_two_histories_is_recorded_by_the_next_run(
    dsn: str, two: Path
) -> None:
    await migrate(dsn, "planner", [two])
    connection = await asyncpg.connect(dsn)
    await connection.execute("delete from planner.schema_migration where id = '0002_journal'")
    await connection.close()
    assert await migrate(dsn, "planner", [two]) == []
    assert await check(dsn, "planner", two) == 2


async def test_a_number_left_out_or_a_missing_depends_is_named(dsn: str, folder: Path) -> None:
    add(folder, "0001_plan", "create table plan (id int);")
    add(folder, "0003_late", "create table late (id int);")
    with pytest.raises(MigrationError, match=r"0003_late.sql: the next migration of its folder is 0002_"):
        await migrate(dsn, "planner", [folder])
    (folder / "0003_late.sql").rename(folder / "0002_late.sql")
    with pytest.raises(MigrationError, match=r"0002_late.sql: its second line must be -- depends: 0001_plan"):
        await migrate(dsn, "planner", [folder])
    assert "plan" not in await tables(dsn, "planner")


async def test_a_file_without_its_marks_or_a_wrong_schema_name_is_named(dsn: str, folder: Path) -> None:
    (folder / "0001_plan.sql").write_text("create table plan (id int);")
    with pytest.raises(MigrationError, match=r"0001_plan\.sql: No '-- migrate: apply'"):
        await migrate(dsn, "planner", [folder])
    with pytest.raises(MigrationError, match="schema name"):
        await migrate(dsn, 'planner"; drop schema public', [folder])


async def as_role(dsn: str, role: str, schema: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"set search_path to {schema}; set role {role}")
    return connection


async def test_the_role_of_a_service_may_read_and_append_to_its_log_and_no_more(dsn: str) -> None:
    await migrate(dsn, "planner", [KERNEL])
    role = await as_role(dsn, "outage_planner", "planner")
    event = "insert into event (stream_id, version, event_id, type, data, cause, reason, decided_at, chain)"
    await role.execute(f"{event} values ('s', 1, gen_random_uuid(), 't', '{{}}', 'c', 'r', '2026-05-01T00:00:00Z', '')")
    assert await role.fetchval("select count(*) from event") == 1
    for forbidden in (
        "update event set type = 'x'",
        "delete from event",
        "truncate event",
        "alter table event add column x int",
        "drop table event",
        "create table mine (id int)",
        "insert into schema_migration values ('x', 'y')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(forbidden)
    assert await check_version(role, "planner", [KERNEL]) == len(required_version([KERNEL]))
    await role.close()


async def test_the_role_may_do_all_four_on_a_table_that_is_not_append_only(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    role = await as_role(dsn, "outage_planner", "planner")
    await role.execute("insert into plan values (1)")
    await role.execute("update plan set id = 2")
    await role.execute("delete from plan")
    await role.execute("insert into journal (word) values ('x')")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute("delete from journal")
    await role.close()


async def test_the_role_of_one_service_sees_nothing_of_another(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    await migrate(dsn, "notifier", [two])
    role = await as_role(dsn, "outage_notifier", "notifier")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.fetch("select * from planner.plan")
    await role.close()


async def test_a_table_that_becomes_append_only_loses_its_other_rights(dsn: str, two: Path) -> None:
    await migrate(dsn, "planner", [two])
    add(two, "0003_firm", "comment on table plan is 'append-only: now';", "0002_journal")
    await migrate(dsn, "planner", [two])
    role = await as_role(dsn, "outage_planner", "planner")
    await role.execute("insert into plan values (1)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute("update plan set id = 2")
    await role.close()
