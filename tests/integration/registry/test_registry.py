"""Registry files into a real database and a real Kafka: what is told, what is kept where, what stays as it is."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from operations.system.database import connect
from operations.system.location import Where
from outagectl.main import main
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from services.kernel.clock import SystemClock
from services.notifier.registry.topic import LOCK
from services.notifier.tables.renewing import renew
from tests.kits.ctl import Ctl
from tests.kits.stack.registry import CONTACTS, CUSTOMERS, Desk, clerk

HOSPITAL = "$1,东江医院,special,10千伏城东线,zh-CN"
WATER = "$2,东江水厂,first,10千伏江滨线,zh-CN"
DUTY = "$1,$1-duty,+44 7700 900101,,值班室,yes"
OFFICE = "$1,$1-office,+44 7700 900102,,,"
CONTROL = "$2,$2-control,+44 7700 900103,,,"


@pytest.fixture
async def desk(
    postgres: str, kafka: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl
) -> AsyncIterator[Desk]:
    async with clerk(postgres, kafka, monkeypatch, tmp_path, ctl) as made:
        yield made


# --- the same twice, and what changes


async def test_customers_come_in_without_contacts_and_contacts_follow(desk: Desk) -> None:
    first = await desk.customers(HOSPITAL, WATER)
    assert (first["new"], first["sent"], first["numbers"]) == (2, 2, 0)
    assert (await desk.last("$1")).contacts == ()
    then = await desk.contacts(DUTY, OFFICE, CONTROL)
    assert (then["changed"], then["numbers"], then["sent"]) == (2, 3, 2)
    hospital = await desk.last("$1")
    assert [(one.rank, one.role, one.can_reply) for one in hospital.contacts] == [(1, "值班室", True), (2, None, False)]
    assert hospital.name == "东江医院"
    assert await desk.number("$1-duty") == "+447700900101"


async def test_the_same_files_again_send_nothing_although_the_notifier_has_taken_nothing_yet(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, CONTROL)
    before = len(await desk.words())
    assert (await desk.customers(HOSPITAL, WATER))["unchanged"] == 2
    again = await desk.contacts(DUTY, CONTROL)
    assert (again["unchanged"], again["numbers"], again["sent"]) == (2, 0, 0)
    assert len(await desk.words()) == before == 4


async def test_customers_imported_again_keep_their_contacts(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    await desk.contacts(DUTY)
    assert (await desk.customers(HOSPITAL.replace("special", "first")))["changed"] == 1
    hospital = await desk.last("$1")
    assert (hospital.importance, len(hospital.contacts)) == ("first", 1)


async def test_every_word_is_later_than_the_one_before_even_from_an_older_file(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    older = desk.file("older.csv", CUSTOMERS, [HOSPITAL.replace("special", "second")])
    os.utime(older, (1_700_000_000, 1_700_000_000))
    assert (await desk.ctl.json("import", "customers", older))["changed"] == 1
    first, second = [word.data for word in await desk.words()]
    assert first.updated_at < second.updated_at, "or the notifier would hold to the first"
    assert second.importance == "second"


async def test_a_contact_who_is_gone_is_dropped_from_vault_and_topic(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, OFFICE, CONTROL)
    then = await desk.contacts(OFFICE)
    assert (then["dropped"], then["changed"], then["numbers"]) == (1, 1, 0)
    assert await desk.number("$1-duty") is None
    assert await desk.number("$1-office") == "+447700900102"
    assert await desk.number("$2-control") == "+447700900103", "customers not in the file keep their contacts"
    assert [one.contact_id for one in (await desk.last("$1")).contacts] == [f"{desk.prefix}1-office"]


async def test_a_changed_number_is_kept_and_the_customer_told_anew_so_that_it_is_tried(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    await desk.contacts(DUTY)
    before = await desk.last("$1")
    then = await desk.contacts(DUTY.replace("900101", "900111"))
    assert (then["numbers"], then["unchanged"], then["sent"]) == (1, 1, 1)
    assert await desk.number("$1-duty") == "+447700900111"
    after = await desk.last("$1")
    assert (after.contacts, after.updated_at > before.updated_at) == (before.contacts, True)


async def test_one_person_for_two_customers_is_one_number_and_outlives_the_erasure_of_one(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    rows = ("$1,$both,+44 7700 900101,,,", "$2,$both,+44 7700 900101,,,")
    assert (await desk.contacts(*rows))["numbers"] == 2
    assert (await desk.contacts(*rows))["numbers"] == 0
    other = await desk.contacts("$1,$both,+44 7700 900109,,,", code=1)
    assert "under another number: give both in one file" in other["errors"][0]["problem"]
    await desk.ctl.json("erase", "--yes", f"{desk.prefix}2", "--reason", "closed")
    assert await desk.number("$both") == "+447700900101"


async def test_a_handset_that_another_customer_had_from_an_earlier_file_is_named_and_taken(desk: Desk) -> None:
    await desk.customers("$H1,East works,first,line 1,en", "$H2,West works,first,line 2,en")
    await desk.contacts("$H1,$H1-duty,+447700900561,1,duty,no")
    file = desk.file("second.csv", CONTACTS, ["$H2,$H2-duty,+44 7700 900561,1,duty,no"])
    code, said = await desk.ctl.run("import", "contacts", file)
    assert code == 0
    assert f"line 2 (customer {desk.prefix}H2): number: the same handset as customer {desk.prefix}H1" in said
    assert "900561" not in said
    code, said = await desk.ctl.run("import", "contacts", file)
    assert (code, "handset" in said) == (0, False)  # said once: nothing of it is new


async def test_what_was_put_on_the_topic_by_other_means_is_known(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    known: CustomerUpserted = await desk.last("$1")
    await desk.db.execute("delete from registry")
    await desk.takes(known)
    assert (await desk.customers(HOSPITAL, WATER))["new"] == 1


# --- supplies

SUPPLIES = "customer_id,name,importance,areas,supply1_role,supply1_line,supply2_role,supply2_line\n"
WORKS = "$3,电子厂,first,工业大道一带,main,10千伏工业线,standby,10千伏城东线"


async def test_supplies_are_told_once_and_a_customer_without_any_as_ever(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    both = [WORKS, "$1,医院,first,城东,,,,"]
    first = await desk.ctl.json("import", "customers", desk.file("s.csv", SUPPLIES, both))
    assert (first["new"], first["changed"]) == (1, 1)
    types = {word.data.customer_id.removeprefix(desk.prefix): word.type for word in await desk.words()}
    assert types == {"1": "customer.upserted.v1", "3": "customer.upserted.v2"}
    works = await desk.last("$3")
    assert [(one.id, one.role, one.line) for one in works.supplies] == [
        ("1", "main", "10千伏工业线"),
        ("2", "standby", "10千伏城东线"),
    ]
    again = await desk.ctl.json("import", "customers", desk.file("s.csv", SUPPLIES, both))
    assert (again["new"], again["changed"], again["unchanged"], again["sent"]) == (0, 0, 2, 0)


async def test_a_file_of_before_imported_after_the_upgrade_tells_nobody_anew(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    # As the version before left it: the profile without a field that it did not know.
    kept = await desk.db.fetch("select profile::text from registry")
    assert not any("supplies" in row["profile"] or "premises" in row["profile"] for row in kept)
    again = await desk.customers(HOSPITAL, WATER)
    assert (again["unchanged"], again["sent"]) == (2, 0)


async def test_what_a_process_of_the_version_before_set_aside_is_told_again_when_this_one_starts(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    await desk.ctl.json("import", "customers", desk.file("s.csv", SUPPLIES, [WORKS]))
    known, unread = await desk.last("$1"), await desk.last("$3")
    await desk.takes(known)
    await renew(desk.db)
    waiting = [row["customer_id"] for row in await desk.db.fetch("select customer_id from registry_untold")]
    assert waiting == [unread.customer_id], "the hospital is known, and its word was one that could be read"
    await desk.ctl.json("import", "customers", desk.file("s.csv", SUPPLIES, [WORKS]))
    ids = [word.id for word in await desk.words() if word.data.customer_id == unread.customer_id]
    assert len(ids) == 2
    assert len(set(ids)) == 1, "whoever has it takes it once"
    await desk.takes(unread)
    await renew(desk.db)
    assert await desk.db.fetchval("select count(*) from registry_untold") == 0


# --- what is wrong


async def test_a_dry_run_says_what_would_be_and_leaves_nothing(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    dry = await desk.customers(HOSPITAL.replace("医院", "人民医院"), WATER, words=("--dry-run",))
    assert (dry["new"], dry["changed"], dry["sent"]) == (1, 1, 0)
    contacts = await desk.contacts(DUTY, words=("--dry-run",))
    assert (contacts["changed"], contacts["numbers"]) == (1, 1)
    assert await desk.db.fetchval("select count(*) from contact_vault") == 0
    assert await desk.db.fetchval("select count(*) from registry") == 1
    assert len(await desk.words()) == 1


async def test_one_bad_row_stops_the_file_unless_whole_customers_may_pass(desk: Desk) -> None:
    bad = await desk.customers(HOSPITAL, "$2,水厂,grand,江滨线,", code=1)
    assert (bad["errorCount"], bad["errors"][0]["line"], bad["errors"][0]["column"]) == (1, 3, "importance")
    assert await desk.words() == []
    passed = await desk.customers(HOSPITAL, "$2,水厂,grand,江滨线,", words=("--skip-bad",))
    assert (passed["new"], passed["errorCount"]) == (1, 1)


async def test_a_bad_contact_keeps_all_contacts_of_its_customer_as_they_are(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, OFFICE)
    then = await desk.contacts(DUTY, OFFICE.replace("7700", "77"), CONTROL, words=("--skip-bad",))
    assert (then["changed"], then["dropped"]) == (1, 0)
    assert await desk.number("$1-office") == "+447700900102"


async def test_contacts_of_nobody_are_named_and_no_number_shows_anywhere(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    file = desk.file("c.csv", "customer_id,contact_id,number\n", ["$9,x,+44 7700 900109", "$1,y,+44 20 7946 0001"])
    code, said = await desk.ctl.run("import", "contacts", file)
    assert code == 1
    assert f"line 2 (customer {desk.prefix}9): customer_id is not in the registry" in said
    assert "line 3" in said
    assert "900109" not in said.replace(" ", "")
    assert "79460001" not in said.replace(" ", "")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("customer_id,contact_id,number,+44 7700 900101\n", "$1,y,+44 7700 900102,"),
        ("customer_id,contact_id,number\n", "+44 7700 900101,x,y"),
        ("customer_id,contact_id,number\n", "$1,+447700900101,+44 7700 900103\n$1,+447700900101,+44 7700 900102"),
        ("customer_id,contact_id,number\n", "+44 7700 900101"),
    ],
    ids=["no-header", "columns-swapped", "number-as-contact-id", "one-cell"],
)
async def test_a_number_in_the_wrong_place_is_not_repeated(desk: Desk, header: str, row: str) -> None:
    await desk.customers(HOSPITAL)
    file = desk.file("c.csv", header, [row])
    for words in ((), ("--json",)):
        code, said = await desk.ctl.run("import", "contacts", file, *words)
        assert code != 0
        assert "90010" not in said.replace(" ", ""), said


async def test_another_vault_key_is_refused_before_anything_is_sealed_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY)
    monkeypatch.setenv("OUTAGE_VAULT_KEY", "eCt4" * 10 + "eHg=")
    code, said = await desk.ctl.run(
        "import", "contacts", desk.file("c.csv", "customer_id,contact_id,number\n", ["$2,z,+44 7700 900103"])
    )
    assert code == 1
    assert "the vault's key has" in said or "does not open" in said
    assert await desk.db.fetchval("select count(*) from contact_vault") == 1


async def test_two_imports_at_once_are_refused(desk: Desk) -> None:
    async with connect(Where(postgres=desk.address)) as other:
        await other.execute("select pg_advisory_lock($1)", LOCK)
        code, said = await desk.ctl.run("import", "customers", desk.file("c.csv", CUSTOMERS, [HOSPITAL]))
        assert code == 1
        assert "another import or erasure is at work" in said
    assert (await desk.customers(HOSPITAL))["new"] == 1


async def test_what_kafka_did_not_take_is_told_by_the_next_import(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:1")
    code, said = await desk.ctl.run("import", "customers", desk.file("c.csv", CUSTOMERS, [HOSPITAL]))
    assert code == 4
    assert "Kafka at 127.0.0.1:1 does not answer" in said
    monkeypatch.setenv("OUTAGE_KAFKA", desk.kafka)
    then = await desk.ctl.json("import", "customers", str(desk.folder / "c.csv"))
    assert (then["unchanged"], then["sent"]) == (1, 1)


# --- who is missing, and who is to be forgotten


async def test_who_is_missing_stays_and_is_forgotten_only_on_demand(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, CONTROL)
    kept = await desk.customers(HOSPITAL)
    assert (kept["missing"], kept["pruned"], kept["sent"]) == (1, 0, 0)
    pruned = await desk.customers(HOSPITAL, words=("--prune", "--yes"))
    assert (pruned["pruned"], pruned["sent"]) == (1, 1)
    gone = await desk.last("$2")
    assert isinstance(gone, CustomerErased)
    assert gone.reason == "no longer in the registry"
    assert await desk.number("$2-control") is None
    assert await desk.db.fetchval("select count(*) from customer_key") == 1
    back = await desk.customers(HOSPITAL, WATER)
    assert back["new"] == 1, "who was only missing comes back with the next file that names them"
    assert (await desk.last("$2")).updated_at > gone.erased_at


async def test_a_prune_of_many_needs_their_number(desk: Desk) -> None:
    many = [f"$c{number:02},Mill {number},first,10千伏{number}线,en" for number in range(20)]
    await desk.customers(*many)
    file = desk.file("few.csv", CUSTOMERS, many[:5])
    code, said = await desk.ctl.run("import", "customers", file, "--prune", "--yes")
    assert code == 1
    assert "15 of 20 customers are not in the file, more than the 2" in said
    assert await desk.db.fetchval("select count(*) from registry where profile is null") == 0
    assert (await desk.ctl.json("import", "customers", file, "--prune", "--yes", "--prune-limit", "15"))["pruned"] == 15


async def test_nothing_is_pruned_by_a_file_with_bad_rows(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    code, said = await desk.ctl.run(
        "import",
        "customers",
        desk.file("c.csv", CUSTOMERS, [HOSPITAL, "$2,水厂,grand,a,"]),
        "--prune",
        "--yes",
        "--skip-bad",
    )
    assert code == 1
    assert "mend them to prune" in said
    assert isinstance(await desk.last("$2"), CustomerUpserted)


async def test_an_erased_customer_leaves_no_key_and_no_number_and_stays_forgotten(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, CONTROL)
    done = await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "asked for it on +44 7700 900101")
    assert (done["again"], done["sent"]) == (False, 1)
    word = await desk.last("$1")
    assert isinstance(word, CustomerErased)
    assert "7700" not in (word.reason or "")
    assert await desk.number("$1-duty") is None
    assert await desk.db.fetchval("select count(*) from customer_key where customer_id = $1", f"{desk.prefix}1") == 0
    again = await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "asked twice")
    assert (again["again"], again["sent"], again["erasedAt"]) == (True, 0, done["erasedAt"])
    later = await desk.customers(HOSPITAL, WATER)
    assert (later["erased"], later["sent"]) == ([f"{desk.prefix}1"], 0), (
        "a copied file has a new date: only a person may"
    )
    assert (await desk.contacts(DUTY, CONTROL))["numbers"] == 0
    back = await desk.customers(HOSPITAL, WATER, words=("--bring-back", f"{desk.prefix}1"))
    assert (back["new"], back["erased"]) == (1, [])
    assert [reason for reason, _ in await desk.answers("registry erase")] == ["customer-erased", "erased-before"]


async def test_an_erasure_takes_a_number_that_was_put_by_a_clock_ahead_of_ours(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    await desk.contacts(DUTY)
    await desk.db.execute("update contact_vault set put_at = put_at + interval '1 hour'")
    await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "asked for it")
    assert await desk.number("$1-duty") is None
    assert await desk.db.fetchval("select count(*) from customer_key where customer_id = $1", f"{desk.prefix}1") == 0


async def test_an_erasure_that_only_the_log_knows_holds_too(desk: Desk) -> None:
    at = SystemClock().now()
    detail = json.dumps({"customerId": f"{desk.prefix}1", "erasedAt": at.isoformat()})
    await desk.db.execute(
        "insert into event (stream_id, version, event_id, type, data, cause, reason, decided_at, chain) values "
        "('customer/' || $1::text, 1, gen_random_uuid(), 'customer.erased.v1', $2, 'x', 'x', $3, '')",
        f"{desk.prefix}1",
        detail,
        at,
    )
    plan = await desk.customers(HOSPITAL, WATER)
    assert (plan["erased"], plan["new"]) == ([f"{desk.prefix}1"], 1)


async def test_erasing_somebody_who_was_never_known_is_an_error(desk: Desk) -> None:
    code, said = await desk.ctl.run("erase", "--yes", "nobody", "--reason", "x")
    assert code == 3
    assert "check the id" in said


async def test_after_a_restore_the_topic_says_who_is_to_be_erased_again(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, CONTROL)
    await desk.takes(await desk.last("$1"))
    tables = ("registry", "customer_key", "contact_vault", "customer")
    for table in tables:
        await desk.db.execute(f"create table backup_{table} as select * from {table}")
    await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "asked for it")
    await desk.db.execute("truncate registry, customer_key, contact_vault, customer cascade")
    for table in tables:
        await desk.db.execute(f"insert into {table} select * from backup_{table}")
    assert await desk.number("$1-duty") == "+447700900101", "the backup brought it back"
    assert (await desk.ctl.json("erase", "--yes", "--reapply"))["erasedAgain"] == [f"{desk.prefix}1"]
    assert await desk.number("$1-duty") is None
    assert await desk.number("$2-control") == "+447700900103"
    assert (await desk.customers(HOSPITAL, WATER))["erased"] == [f"{desk.prefix}1"]
    await desk.db.execute("delete from customer")  # as the notifier does when it takes the word again
    assert (await desk.ctl.json("erase", "--yes", "--reapply"))["erasedAgain"] == []


async def test_a_number_put_after_the_erasure_is_not_taken_by_erasing_again(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    await desk.contacts(DUTY)
    await desk.ctl.json("erase", "--yes", f"{desk.prefix}1", "--reason", "a mistake")
    await desk.customers(HOSPITAL, words=("--bring-back", f"{desk.prefix}1"))
    await desk.contacts(DUTY)
    assert (await desk.ctl.json("erase", "--yes", "--reapply"))["erasedAgain"] == []
    assert await desk.number("$1-duty") == "+447700900101"


# --- the words themselves


async def test_no_number_is_on_the_topic_or_in_the_registrys_tables(desk: Desk) -> None:
    await desk.customers(HOSPITAL, WATER)
    await desk.contacts(DUTY, OFFICE, CONTROL)
    await desk.contacts(DUTY)
    for word in await desk.words():
        assert b"7700" not in word.body
    for table in ("registry", "operator_request", "event", "customer_key"):
        held = await desk.db.fetchval(f"select coalesce(string_agg(t::text, ' '), '') from {table} t")
        assert "7700" not in held


async def test_the_words_of_two_commands_do_not_mix_however_they_are_started(desk: Desk) -> None:
    files = [
        desk.file(f"{grade}.csv", CUSTOMERS, [row.replace("first", grade) for row in (WATER,)])
        for grade in ("first", "second", "temporary")
    ]
    await asyncio.gather(*(asyncio.to_thread(_quietly, file) for file in files))
    said = [word.data.updated_at for word in await desk.words()]
    assert said == sorted(said)
    assert len(set(said)) == len(said)


def _quietly(file: str) -> None:
    assert main(["import", "customers", file]) in (0, 1)
