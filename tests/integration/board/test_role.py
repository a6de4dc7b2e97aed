"""What the role of the public board may read in a real PostgreSQL: its views, and nothing else of anything."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.kits.stack.databases import as_role, database

SEEN = {
    "planner.notice",
    "planner.board_scheme",
    "planner.board_order",
    "planner.board_standing",
    "restorer.board_outage",
    "restorer.board_name",
    "restorer.board_statement",
    "restorer.board_standing",
}
EVERYTHING = """
select format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p', 'f', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1
"""


@pytest.fixture
async def owner(postgres: str) -> AsyncIterator[asyncpg.Connection]:
    """Whose database it is: every service's schema, with read models, as `outagectl migrate` makes it."""
    async with database(postgres, "all") as address:
        connection = await asyncpg.connect(address)
        yield connection
        await connection.close()


@pytest.fixture
async def board(owner: asyncpg.Connection, postgres: str) -> AsyncIterator[asyncpg.Connection]:
    """The same database, as the board logs in."""
    name = await owner.fetchval("select current_database()")
    connection = await asyncpg.connect(as_role(postgres.rpartition("/")[0] + f"/{name}", "outage_board"))
    yield connection
    await connection.close()


async def test_the_board_reads_its_views_and_is_refused_every_other_table_of_every_schema(
    owner: asyncpg.Connection, board: asyncpg.Connection
) -> None:
    names = {row["name"]: row["kind"] for row in await owner.fetch(EVERYTHING)}
    assert len(names) > 150
    assert names.keys() >= SEEN
    for name, kind in names.items():
        if name in SEEN:
            await board.fetch(f"select * from {name} limit 1")
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await board.fetch(f"select * from {name} limit 1" if kind != "S" else f"select nextval('{name}')")


async def test_the_board_may_write_nowhere_and_make_nothing(
    owner: asyncpg.Connection, board: asyncpg.Connection
) -> None:
    for row in await owner.fetch(EVERYTHING):
        for right in ("insert", "update", "delete", "truncate", "references", "trigger"):
            if row["kind"] != "S":
                may = await owner.fetchval("select has_table_privilege('outage_board', $1, $2)", row["name"], right)
                assert not may, (row["name"], right)
    for statement in (
        "insert into planner.notice (notice_id) values ('x')",
        "insert into notifier.operator_request (id) values (gen_random_uuid())",
        "delete from planner.notice",
        "select * from notifier.contact_vault",
        "create table planner.mine (x int)",
        "create table public.mine (x int)",
        "create schema mine",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await board.execute(statement)


async def test_the_board_calls_no_function_that_acts_with_its_owners_rights(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "select p.oid::regprocedure::text as name, has_function_privilege('outage_board', p.oid, 'execute') as may "
        "from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname !~ '^pg_'"
    )
    assert len(rows) >= 9
    assert [row["name"] for row in rows if row["may"]] == []


async def test_each_service_goes_on_calling_those_that_are_its_own(owner: asyncpg.Connection) -> None:
    for service in ("planner", "notifier", "restorer"):
        for function in ("prune_skipped(int)", "former_skipped(text, int, text)"):
            may = "select has_function_privilege($1, $2, 'execute')"
            assert await owner.fetchval(may, f"outage_{service}", f"{service}.{function}"), function


async def test_the_role_knows_no_schema_that_names_no_view_for_it(owner: asyncpg.Connection) -> None:
    for schema, may in (("planner", True), ("restorer", True), ("notifier", False), ("gateway", False)):
        assert await owner.fetchval("select has_schema_privilege('outage_board', $1, 'usage')", schema) is may
    named = await owner.fetch(
        "select 'planner.' || table_name as name from planner.board_sees "
        "union select 'restorer.' || table_name from restorer.board_sees"
    )
    assert {row["name"] for row in named} == SEEN


async def test_no_view_for_the_board_is_looked_through_by_a_function_of_whoever_asks(owner: asyncpg.Connection) -> None:
    """A view that leaves rows out is a barrier: what the asker's functions see is what the view gives."""
    options = {
        row["name"]: row["options"]
        for row in await owner.fetch(
            "select format('%I.%I', n.nspname, c.relname) as name, c.reloptions as options from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v'"
        )
    }
    for name in SEEN - {"planner.notice"}:  # which leaves nothing out
        assert "security_barrier=true" in (options[name] or []), name
