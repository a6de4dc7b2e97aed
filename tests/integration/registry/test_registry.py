"""Registry files into a real database and a real Kafka: what is told, what is kept where, what stays as it is."""

import asyncio
import os

from outagectl.main import main
from schemas.contracts.customers import CustomerUpserted
from services.notifier.tables.renewing import renew
from tests.kits.stack.importing.registry import CONTACTS, CONTROL, CUSTOMERS, DUTY, HOSPITAL, OFFICE, WATER, Desk


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


async def test_a_number_comes_with_its_country_for_that_says_who_carries_its_first_text(desk: Desk) -> None:
    await desk.customers(HOSPITAL)
    for number, country in (("+44 7700 900101", "GB"), ("+1 202 555 0101", "US")):
        await desk.contacts(DUTY.replace("+44 7700 900101", number))
        contact = f"{desk.prefix}1-duty"
        assert await desk.db.fetchval("select country from contact_vault where contact_id = $1", contact) == country


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
