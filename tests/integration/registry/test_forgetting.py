"""Who is missing in a registry file stays until somebody says otherwise, and who is erased stays forgotten."""

import json

from schemas.contracts.customers import CustomerErased, CustomerUpserted
from services.kernel.clock import SystemClock
from tests.kits.stack.importing.registry import CONTROL, CUSTOMERS, DUTY, HOSPITAL, WATER, Desk


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
