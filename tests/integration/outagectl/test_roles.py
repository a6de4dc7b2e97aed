"""What each role of a real PostgreSQL may see and ask: a command never calls empty what its role may not read."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.kernel.clock import SystemClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.operators.answering import Operations
from services.kernel.writing.transaction import Transaction
from services.notifier.app import Notifier
from tests.kits.ctl import Ctl
from tests.kits.stack.databases import as_role, database
from tests.kits.stack.sending import KEY, VOICE

SERVICES = ("planner", "notifier", "restorer")


@pytest.fixture
async def owner(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    """A migrated database with read models, one thing in the planner's quarantine, and an operator who may ask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_OPERATOR", "chen")
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    async with database(postgres, "all") as address:
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        connection = await asyncpg.connect(address)
        await connection.execute(
            "insert into planner.quarantine (quarantine_id, topic, partition, record_offset, headers, redacted, reason, "
            "detail, at, state) values ('11111111-2222-3333-4444-555555555555', 'outage.dispatch', 0, 7, '{}', false, "
            "'not-json', 'byte 0', now(), 'open')"
        )
        await connection.close()
        yield address


LISTS = [
    ("promises", "--open"),
    ("quarantine", "list"),
    ("timers", "--late"),
]


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
async def test_from_a_pod_of_one_service_a_list_says_what_it_could_not_see_and_does_not_say_none(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_notifier"))
    code, out, err = await ctl.said(*command)
    assert code == 5
    assert "not the whole answer: the role outage_notifier may not read planner." in err
    assert "outage_operator" in err
    if out:
        assert "in notifier" in out, "what is empty is named"


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
async def test_a_role_that_sees_nothing_prints_no_answer_at_all(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_restorer"))
    code, out, err = await ctl.said(*command, "--service", "planner")
    assert (code, out) == (5, "")
    assert "may not read planner." in err


@pytest.mark.parametrize(
    "command", [("explain", "10千伏城东线"), ("show", "outage", "o1"), ("quarantine", "show", "1111")], ids=" ".join
)
async def test_where_half_an_answer_would_be_a_wrong_one_there_is_none(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_notifier"))
    code, out, err = await ctl.said(*command)
    assert (code, out) == (5, "")
    assert "not the whole answer" in err


async def test_an_audit_that_may_not_read_a_service_says_not_checked_and_raises_no_alarm(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_notifier"))
    code, out, err = await ctl.said("audit")
    assert code == 5
    assert out.count("not checked: the role outage_notifier has no right to read") == 2
    assert "not as they must be" not in out
    assert "nothing is said about it" in err
    code, out, _ = await ctl.said("audit", "--json")
    report = json.loads(out)
    assert (code, report["faultCount"]) == (5, 0)
    assert {one["service"] for one in report["checks"] if one["skipped"]} >= {"planner", "restorer"}


EVERYTHING_ON_DUTY = [
    (("promises", "--open"), 0),
    (("quarantine", "list"), 0),
    (("quarantine", "show", "11111111-2222-3333-4444-555555555555"), 0),
    (("timers", "--late"), 0),
    (("sending", "status"), 0),
    (("silence", "--all"), 0),
    (("audit",), 0),
    (("explain", "10千伏城东线"), 3),
    (("show", "outage", "o1"), 3),
    (("rebuild",), 0),
    (("report", "2026-03"), 0),
]


@pytest.mark.parametrize(
    ("command", "code"), EVERYTHING_ON_DUTY, ids=lambda x: " ".join(x) if isinstance(x, tuple) else x
)
async def test_the_role_made_for_operators_can_do_what_duty_needs(
    owner: str,
    ctl: Ctl,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    code: int,
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_operator"))
    got, out, err = await ctl.said(*command)
    assert got == code, out + err


async def test_the_role_made_for_operators_can_change_nothing_and_sees_no_number_and_no_key(owner: str) -> None:
    connection = await asyncpg.connect(as_role(owner, "outage_operator"))
    tables = await connection.fetch(
        "select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any($1::text[]) and c.relkind in ('r', 'v')",
        list(SERVICES),
    )
    assert len(tables) > 50
    for row in tables:
        for right in ("update", "delete", "truncate"):
            assert not await connection.fetchval("select has_table_privilege($1, $2)", row["name"], right), row["name"]
        may_insert = await connection.fetchval("select has_any_column_privilege($1, 'insert')", row["name"])
        assert may_insert == row["name"].endswith(".operator_request"), row["name"]
    for secret in ("contact_vault", "customer_key", "registry", "registry_untold"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"select * from notifier.{secret}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(
            "insert into notifier.operator_request (id, at, who, action, reason, detail, login) "
            "values (gen_random_uuid(), now(), 'chen', 'sending stop', 'x', '{}', 'somebody else')"
        )
    await connection.close()


async def asked(address: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(address)
    rows = await connection.fetch(
        "select data->>'who' as who, data->>'login' as login, data->>'action' as action, reason from notifier.event "
        "where type = 'operator.requested.v1' order by position"
    )
    await connection.close()
    return [tuple(row) for row in rows]


async def test_the_brake_pulled_by_an_operator_is_judged_by_the_notifier_and_holds(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"search_path": "notifier", "application_name": "outage-notifier", "role": "outage_notifier"}
    async with asyncpg.create_pool(owner, min_size=1, max_size=2, server_settings=words) as pool:
        notifier = asyncio.create_task(
            Operations(Transaction(Notifier(VOICE), pool, Telemetry("notifier")), SystemClock()).run()
        )
        monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_operator"))
        code, out, err = await ctl.said("sending", "stop", "key", "--reason", "wrong wording went out")
        assert code == 0, err
        assert "key: stopped" in out
        _, out, _ = await ctl.said("sending", "status", "key", "--json")
        (lane,) = json.loads(out)
        assert (lane["stopped"], lane["who"], lane["reason"]) == (True, "chen", "wrong wording went out")
        assert (await ctl.said("sending", "resume", "key"))[0] == 0
        notifier.cancel()
        await asyncio.gather(notifier, return_exceptions=True)
    assert await asked(owner) == [
        ("chen", "outage_operator", "sending stop", "sending-stopped"),
        ("chen", "outage_operator", "sending resume", "sending-resumed"),
    ]


async def test_with_the_service_down_an_operators_request_waits_and_is_said_to_wait(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.system.asking.PATIENCE_SECONDS", 0.3)
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_operator"))
    code, out, err = await ctl.said("sending", "stop", "--reason", "a drill")
    assert (code, out) == (4, "")
    assert "it will be judged when the notifier is up" in err
    show = tuple(" ".join(err.split()).partition("outagectl ")[2].strip(" .").split())
    assert show[:2] == ("show", "operator")
    code, out, err = await ctl.said(*show)
    assert code == 0, err
    assert "sending stop" in out
    assert "a drill" in out
    assert "waits: it is judged when the notifier is up" in out
    async with asyncpg.create_pool(
        owner, min_size=1, max_size=2, server_settings={"search_path": "notifier", "role": "outage_notifier"}
    ) as pool:
        await Operations(Transaction(Notifier(VOICE), pool, Telemetry("notifier")), SystemClock()).once()
        assert await pool.fetchval("select count(*) from brake") == 4
    _, out, _ = await ctl.said(*show)
    assert "done: sending-stopped" in out
    _, out, _ = await ctl.said(*show, "--json")
    told = json.loads(out)
    assert (told["service"], told["who"], told["login"], told["state"]) == (
        "notifier",
        "chen",
        "outage_operator",
        "done",
    )
    code, _, err = await ctl.said("show", "operator", "11111111-2222-3333-4444-555555555555")
    assert (code, "check the id" in err) == (3, True)


async def test_the_brake_can_be_pulled_from_the_notifiers_own_pod_while_nothing_of_it_runs(
    owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_VAULT_KEY", KEY)
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_notifier"))
    code, out, err = await ctl.said("sending", "stop", "bulk", "--reason", "a drill")
    assert code == 0, err
    assert "bulk: stopped" in out


@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        ("update operator_request set who = 'somebody else'", "who in operator_request is not what was judged"),
        ("update operator_request set action = 'sending resume'", "action in operator_request is not"),
        ("delete from operator_request", "its request is not in operator_request"),
        ("update event set data = replace(data::text, 'chen', 'wang')::json", "the row is not the one that was hashed"),
        ("delete from brake where lane = 'key'", "lane key is running, which no request in the log says"),
        (
            "insert into brake values ('bulk', now(), 'x', 'y')",
            "lane bulk is stopped, which no request in the log says",
        ),
    ],
)
async def test_the_audit_fails_when_what_an_operator_did_is_edited(owner: str, ctl: Ctl, edit: str, fault: str) -> None:
    assert (await ctl.said("sending", "stop", "key", "--reason", "a drill"))[0] == 0
    assert (await ctl.said("audit"))[0] == 0
    connection = await asyncpg.connect(owner, server_settings={"search_path": "notifier"})
    await connection.execute(edit)
    await connection.close()
    code, out, _ = await ctl.said("audit")
    assert code == 1
    assert fault in out


async def test_who_may_not_ask_is_told_so(owner: str, ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", as_role(owner, "outage_planner"))
    code, _, err = await ctl.said("sending", "stop", "--reason", "a drill")
    assert code == 5
    assert "may not read notifier.brake" in err


KEPT_FROM_OPERATORS = {
    "notifier.contact_vault": "phone numbers",
    "notifier.customer_key": "the keys of phone numbers",
    "notifier.number_pace": "blind indexes of phone numbers",
    "notifier.registry": "contacts as the registry has them",
    "notifier.registry_untold": "goes with it",
}


async def test_every_table_is_shown_to_operators_or_kept_from_them_by_name(owner: str) -> None:
    connection = await asyncpg.connect(owner)
    hidden = await connection.fetch(
        "select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any($1::text[]) and c.relkind in ('r', 'v') and c.relname !~ '_v[0-9]+(_[0-9]+)?$' "
        "and not has_table_privilege('outage_operator', c.oid, 'select')",
        list(SERVICES),
    )
    await connection.close()
    assert {row["name"] for row in hidden} == KEPT_FROM_OPERATORS.keys(), "name a new table in operator_sees, or here"


async def test_every_function_with_its_owners_rights_looks_at_nothing_of_its_caller(owner: str) -> None:
    connection = await asyncpg.connect(owner)
    rows = await connection.fetch(
        "select n.nspname as schema, p.proname as name, p.proconfig as config from pg_proc p "
        "join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname !~ '^pg_'"
    )
    assert {row["name"] for row in rows} >= {"prune_skipped", "former_skipped"}
    for row in rows:
        assert row["config"] == [f"search_path={row['schema']}, pg_temp"], row["name"]
    await connection.close()


async def test_a_temporary_table_of_the_caller_is_not_what_pruning_deletes_from(owner: str) -> None:
    """As the service's role: with pg_temp first, the owner's rights would act on what the caller put there."""
    connection = await asyncpg.connect(as_role(owner, "outage_planner"), server_settings={"search_path": "planner"})
    await connection.execute("create temporary table skipped (like planner.skipped)")
    await connection.execute("create temporary table pruned (like planner.pruned)")
    await connection.execute("insert into pg_temp.skipped values ('t', 0, 0, 1, 'duplicate', null)")
    await connection.execute("insert into pg_temp.pruned values ('t', 0, 9, now())")
    assert await connection.fetchval("select planner.prune_skipped(10)") == 0
    assert await connection.fetchval("select count(*) from pg_temp.skipped") == 1
    await connection.close()


async def test_giving_up_a_quarantined_message_asks_back_and_is_then_in_the_log(owner: str, ctl: Ctl) -> None:
    words = ("quarantine", "drop", "1111", "--reason", "sent by mistake")
    code, _, err = await ctl.said(*words)
    assert code == 1
    assert "add --yes" in err
    code, _, err = await ctl.said(*words, "--yes")
    assert code == 0, err
    connection = await asyncpg.connect(owner)
    assert await connection.fetchval("select resolution from planner.quarantine") == "chen: sent by mistake"
    asked_for = "select data->'detail'->>'quarantineId' from planner.event where type = 'operator.requested.v1'"
    assert await connection.fetchval(asked_for) == "11111111-2222-3333-4444-555555555555"
    await connection.close()
