"""Registry files that are wrong, keys that are others, two imports at once: nothing is half done, and no number is repeated."""

import pytest

from operations.system.database import connect
from operations.system.location import Where
from services.notifier.registry.topic import LOCK
from tests.kits.stack.importing.registry import CONTROL, CUSTOMERS, DUTY, HOSPITAL, OFFICE, WATER, Desk


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
