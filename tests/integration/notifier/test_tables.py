"""The notifier's tables on a real PostgreSQL: texts move as the table of states says, matching is as in Python."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from schemas.contracts.base import Extent, Position
from schemas.contracts.customers import CustomerErased, Supply
from schemas.contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageSuppressed,
    MessageUndelivered,
)
from services.concerned.matching import counted, match, sql_arrays
from services.kernel.model import Event
from services.kernel.queries import queries
from services.notifier.tables.due_outages import SQL as FANOUT
from services.notifier.tables.fanout import read_holding
from services.notifier.tables.notifications import NotificationRows
from services.notifier.tables.vault import Vault, VaultError, contacts_by_number, erase_customer, number_of, put_number
from tests.kits.deciders.notifier import at, customer
from tests.kits.stack.tables.notifier import HOME, SENDING, Connection, asked, claim, tables

MATCH = queries(HOME / "match_customers.sql")
EXPLAIN = queries(Path(__file__).parents[3] / "operations" / "sql" / "explain.sql")
VAULT = Vault(bytes(range(32)))


@pytest.fixture
async def db(postgres: str) -> AsyncIterator[Connection]:
    async with tables(postgres) as connection:
        yield connection


async def matched(
    db: Connection, extent: Extent, after: str = "", limit: int = 100, spent: tuple[str, ...] = ()
) -> list[Any]:
    named = counted(extent, spent)
    where = ("F1", *sql_arrays(extent), after, limit, False, named, [], False)
    rows: list[Any] = await db.fetch(MATCH["next_customers"], *where)
    return rows


async def fold(db: Connection, *data: msgspec.Struct, name: str = "hospital") -> None:
    made = [
        Event(f"customer/{name}", number, uuid4(), "any.v1", one, at(5, 9), "/test/x", "because")
        for number, one in enumerate(data, 1)
    ]
    async with db.transaction():
        await NotificationRows().apply(db, made)


async def state(db: Connection, message_id: str) -> str:
    found: str = await db.fetchval("select state from notification where message_id = $1", message_id)
    return found


def accepted(message_id: str, sid: str = "SM1") -> MessageAccepted:
    return MessageAccepted(
        message_id=message_id,
        customer_id="hospital",
        attempt=1,
        provider="twilio",
        provider_sid=sid,
        accepted_at=at(5, 9, 16),
    )


def suppressed(message_id: str) -> MessageSuppressed:
    return MessageSuppressed(message_id=message_id, customer_id="hospital", reason="outage-over", at=at(5, 9, 20))


async def test_a_text_goes_from_ready_to_delivered(db: Connection) -> None:
    text = await asked(db)
    assert await claim(db) == [text]
    await fold(db, accepted(text))
    attempt = await db.fetchrow("select outcome, provider_sid, closed_at, started_at from attempt")
    assert (attempt["outcome"], attempt["provider_sid"]) == ("accepted", "SM1")
    assert attempt["closed_at"] == attempt["started_at"], "wall time, as all times of attempts"
    await fold(
        db, MessageDelivered(message_id=text, customer_id="hospital", provider_sid="SM1", delivered_at=at(5, 9, 17))
    )
    row = await db.fetchrow("select state, lane_rank, provider_sid, closed_at from notification")
    assert tuple(row) == ("delivered", 1, "SM1", at(5, 9, 17))


async def test_a_text_asked_for_twice_has_one_row(db: Connection) -> None:
    await asked(db)
    await asked(db)
    assert await db.fetchval("select count(*) from notification") == 1


async def test_the_code_of_a_text_is_found_by_an_index_however_many_texts_there_ever_were(db: Connection) -> None:
    await db.execute("set enable_seqscan = off")
    asked = EXPLAIN["text_by_ref"].replace("$1", "'AB12C'")
    plan = "\n".join(row[0] for row in await db.fetch(f"explain {asked}"))
    assert "notification_ref" in plan


async def test_a_withdrawn_text_is_never_claimed(db: Connection) -> None:
    text = await asked(db)
    await fold(db, suppressed(text))
    assert await claim(db) == []
    assert await state(db, text) == "suppressed"


async def test_a_text_withdrawn_while_posted_waits_for_its_verdict_and_is_not_sent_again(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await fold(db, suppressed(text))
    assert await state(db, text) == "sending"
    await db.execute(SENDING["lose_answer"], text, 1)
    assert await state(db, text) == "unknown"
    await db.execute(SENDING["back_to_ready"], text, 1, None)
    assert await state(db, text) == "suppressed"
    assert await claim(db) == []


async def test_a_text_withdrawn_while_posted_may_turn_out_to_be_taken(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await fold(db, MessageExpired(message_id=text, customer_id="hospital", at=at(5, 11), reason="late"))
    await fold(db, accepted(text))
    assert await state(db, text) == "accepted"


async def test_a_text_freed_without_need_is_claimed_again(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    await db.execute(SENDING["back_to_ready"], text, 1, None)
    assert await claim(db) == [text]
    assert await db.fetchval("select count(*) from attempt") == 2


async def test_a_refusal_and_a_receipt_of_failure_are_told_apart(db: Connection) -> None:
    text = await asked(db)
    await claim(db)
    refused = MessageUndelivered(message_id=text, customer_id="hospital", reason="bad-number", at=at(5, 9, 17))
    await fold(db, refused)
    assert await state(db, text) == "refused"
    await fold(
        db, MessageDelivered(message_id=text, customer_id="hospital", provider_sid="SM1", delivered_at=at(5, 9, 18))
    )
    assert await state(db, text) == "delivered"
    await fold(db, msgspec.structs.replace(refused, provider_sid="SM1"))
    assert await state(db, text) == "delivered", "receipts only rise"


async def test_an_expired_text_is_seen_as_over(db: Connection) -> None:
    text = await asked(db)
    assert [r["message_id"] for r in await db.fetch(SENDING["ready_over"], at(5, 13), None)] == [text]
    assert await claim(db, at(5, 13)) == []


@pytest.mark.parametrize(
    "extent",
    [
        Extent(lines=("10千伏 城东线",)),
        Extent(areas=("中山路一带", "解放路")),
        Extent(lines=("10千伏城东线",), areas=("中山路一带",), usage_points=("up-1",)),
        Extent(transformers=("没有",)),
    ],
)
async def test_the_database_matches_as_the_reference_does(db: Connection, extent: Extent) -> None:
    people = [
        customer("hospital", usage_points=("UP-1",)),
        customer("school", lines=(), areas=("解放路",)),
        customer("Works", lines=("10千伏城东线",), areas=()),
    ]
    for one in people:
        await fold(db, one, name=one.customer_id)
    rows = await matched(db, extent)
    found = [(row["customer_id"], tuple(row["matched_by"])) for row in rows]
    reference = {one.customer_id: one.matched_by for one in match(extent, people)}
    assert dict(found) == reference
    for one in people:
        where = ("F1", *sql_arrays(extent), one.customer_id, counted(extent), False, False)
        row = await db.fetchrow(MATCH["one_customer"], *where)
        assert tuple(row["matched_by"] or ()) == reference.get(one.customer_id, ())
    walked: list[str] = []
    while rows := await matched(db, extent, walked[-1] if walked else "", 1):
        walked += [row["customer_id"] for row in rows]
    assert walked == [name for name, _ in found], "one by one or all at once, in one order"


MAIN = Supply(id="1", role="main", line="10千伏工业线")
PEOPLE = (
    customer("flat", lines=("10千伏江滨线",), areas=("解放路",)),
    customer("street", lines=(), areas=("解放路",)),
    customer("point", lines=(), usage_points=("UP-7",), areas=("解放路", "中山路一带")),
    customer("both", lines=(), areas=("解放路",), supplies=(MAIN, Supply(id="2", role="standby", line="10千伏城东线"))),
    customer("some", lines=(), areas=("解放路",), supplies=(MAIN, Supply(id="2", role="standby", transformer="T2"))),
    customer("none", lines=(), areas=("解放路",), supplies=(MAIN, Supply(id="2", role="standby"))),
    customer(
        "bare",
        lines=(),
        areas=("解放路",),
        supplies=(Supply(id="1", role="main"), Supply(id="2", role="standby", line="x")),
    ),
    customer(
        "plant",
        lines=(),
        areas=("解放路",),
        supplies=(MAIN, Supply(id="2", role="own-generation", line="10千伏城东线")),
    ),
)


@pytest.mark.parametrize("spent", [(), ("line",), ("transformer", "usagePoint")], ids=str)
@pytest.mark.parametrize(
    "extent",
    [
        Extent(areas=("解放路",)),
        Extent(lines=("10千伏城东线",), areas=("解放路",)),
        Extent(lines=("10千伏工业线",), areas=("解放路",)),
        Extent(lines=("  ",), areas=("解放路",)),
        Extent(transformers=("T2",), areas=("解放路", "中山路一带")),
        Extent(usage_points=("UP-9",), areas=("中山路一带",)),
        Extent(lines=("10千伏城东线",), transformers=("T9",), usage_points=("UP-9",), areas=("解放路",)),
    ],
    ids=lambda extent: "+".join((*extent.lines, *extent.transformers, *extent.usage_points, *extent.areas)),
)
async def test_an_area_counts_in_the_database_as_it_does_in_the_reference(
    db: Connection, extent: Extent, spent: tuple[str, ...]
) -> None:
    for one in PEOPLE:
        await fold(db, one, name=one.customer_id)
    reference = {one.customer_id: one.matched_by for one in match(extent, PEOPLE, spent=spent)}
    rows = await matched(db, extent, spent=spent)
    assert {row["customer_id"]: tuple(row["matched_by"]) for row in rows} == reference
    assert {row["customer_id"] for row in rows if row["several"]} == reference.keys() & {"both", "some", "none", "bare"}
    for one in PEOPLE:
        named = counted(extent, spent)
        where = ("F1", *sql_arrays(extent), one.customer_id, named, False, False)
        row = await db.fetchrow(MATCH["one_customer"], *where)
        assert tuple(row["matched_by"] or ()) == reference.get(one.customer_id, ())


async def test_supplies_that_change_under_the_same_places_have_the_customer_matched_again(db: Connection) -> None:
    first, other = Supply(id="1", role="main", line="A"), Supply(id="2", role="standby", line="B")
    await fold(db, customer(lines=(), supplies=(first, other)))
    await db.execute("delete from rematch")
    swapped = (Supply(id="1", role="main", line="B"), Supply(id="2", role="standby", line="A"))
    await fold(db, customer(lines=(), supplies=swapped, updated_at=at(2, 0)))
    assert await db.fetchval("select count(*) from rematch") == 1
    await db.execute("delete from rematch")
    await fold(db, customer(lines=(), supplies=swapped, updated_at=at(3, 0)))
    assert await db.fetchval("select count(*) from rematch") == 0
    await fold(db, customer(lines=("A", "B"), updated_at=at(4, 0)))
    assert await db.fetchval("select count(*) from customer_supply") == 0


async def test_members_still_held_come_in_the_same_walk_and_alone_when_it_is_over(db: Connection) -> None:
    await fold(db, customer("ann"), name="ann")
    await db.execute("insert into audience_member values ('F1', 'bob', 1, true), ('F1', 'eve', 1, false)")
    east = Extent(lines=("10千伏城东线",))
    assert [(r["customer_id"], r["touched"]) for r in await matched(db, east)] == [("ann", None), ("bob", True)]
    over = await db.fetch(MATCH["next_customers"], "F1", *sql_arrays(east), "", 100, True, [], [], False)
    assert [(r["customer_id"], r["truth_version"], r["matched_by"]) for r in over] == [("bob", 1, None)]


async def test_a_customer_who_moves_is_matched_where_they_are_now(db: Connection) -> None:
    await fold(db, customer())
    await fold(db, customer(lines=("10千伏城西线",), areas=(), updated_at=at(2, 0)))
    assert await matched(db, Extent(lines=("10千伏城东线",))) == []
    assert len(await matched(db, Extent(lines=("10千伏城西线",)))) == 1


async def test_erasing_a_customer_forgets_places_and_numbers(db: Connection) -> None:
    await fold(db, customer())
    await put_number(db, VAULT, customer_id="hospital", contact_id="hospital-duty", number="+447700900123", at=at(1, 0))
    assert await number_of(db, VAULT, "hospital-duty") == "+447700900123"
    assert await contacts_by_number(db, VAULT.blind_index("+447700900123")) == [("hospital-duty", "hospital")]
    await db.execute("insert into registry values ('hospital', null, '[]', $1, 'asked for it')", at(5, 9))
    await fold(db, CustomerErased(customer_id="hospital", erased_at=at(5, 9)))
    assert await number_of(db, VAULT, "hospital-duty") is None
    for table in ("customer", "customer_match", "customer_supply", "customer_key", "contact_vault"):
        assert await db.fetchval(f"select count(*) from {table}") == 0


async def test_a_word_that_the_registry_does_not_know_destroys_no_number_and_no_key(db: Connection) -> None:
    await fold(db, customer())
    await db.execute("insert into registry values ('hospital', '{}', '[]', $1, null)", at(1, 0))
    await put_number(db, VAULT, customer_id="hospital", contact_id="hospital-duty", number="+447700900123", at=at(1, 0))
    await fold(db, CustomerErased(customer_id="hospital", erased_at=at(5, 9)))
    assert await db.fetchval("select count(*) from customer") == 0
    assert await number_of(db, VAULT, "hospital-duty") == "+447700900123"


async def test_an_erasure_leaves_numbers_that_were_put_after_it(db: Connection) -> None:
    for contact, when in (("old", at(1, 0)), ("new", at(6, 0))):
        await put_number(db, VAULT, customer_id="hospital", contact_id=contact, number="+447700900123", at=when)
    await erase_customer(db, "hospital", at(5, 9))
    assert await number_of(db, VAULT, "old") is None
    assert await number_of(db, VAULT, "new") == "+447700900123"


async def test_a_changed_number_takes_the_place_of_the_old(db: Connection) -> None:
    for number in ("+447700900123", "+447700900456"):
        await put_number(db, VAULT, customer_id="hospital", contact_id="duty", number=number, at=at(1, 0))
    assert await number_of(db, VAULT, "duty") == "+447700900456"
    assert await contacts_by_number(db, VAULT.blind_index("+447700900123")) == []


async def test_a_number_that_is_none_is_refused_without_being_repeated(db: Connection) -> None:
    with pytest.raises(VaultError, match=r"E\.164") as caught:
        await put_number(db, VAULT, customer_id="hospital", contact_id="duty", number="07700 900123", at=at(1, 0))
    assert "07700" not in str(caught.value)


# --- where customers are

HERE, THERE = Position(longitude=114.4, latitude=23.1), Position(longitude=114.5, latitude=23.1)


async def test_whoever_moves_is_matched_again_with_outages_about_both_places(db: Connection) -> None:
    await fold(db, customer(position=HERE), customer(position=THERE, updated_at=at(5, 9)))
    assert await db.fetchval("select at::text from customer_point") == "(114.5,23.1)"
    places = await db.fetchrow("select kinds, places from rematch")
    told = set(zip(places["kinds"], places["places"], strict=True))
    assert told >= {("point", "(114.4,23.1)"), ("point", "(114.5,23.1)")}
    for mrid, west in (("F-here", 114.39), ("F-there", 114.49), ("F-elsewhere", 114.6)):
        await db.execute(FANOUT["put_shape"], mrid, [west], [23.0], [west + 0.02], [23.2])
    (found,) = await db.fetch(FANOUT["rematches"], 10)
    assert found["mrids"] == ["F-here", "F-there"]


async def test_of_whom_it_is_not_known_any_more_where_they_are_nothing_is_kept(db: Connection) -> None:
    await fold(db, customer(position=HERE), customer(updated_at=at(5, 9)))
    assert await db.fetchval("select count(*) from customer_point") == 0
    await fold(db, customer("gone", position=HERE), name="gone")
    await fold(db, CustomerErased(customer_id="gone", erased_at=at(5, 10)), name="gone")
    assert await db.fetchval("select count(*) from customer_point") == 0


async def test_an_outage_holds_by_the_tables_whoever_is_inside_its_shape_and_nobody_beside(db: Connection) -> None:
    triangle = '{"type": "Polygon", "coordinates": [[[114.3, 23.0], [114.6, 23.0], [114.3, 23.3], [114.3, 23.0]]]}'
    due = f'{{"truth": {{"status": "out", "extent": {{"areas": ["东江市"], "shape": {triangle}}}}}}}'
    await db.execute("insert into fanout_job (mrid, version, due, named) values ('F1', 1, $1, '{}')", due)
    await db.execute("insert into outage_match values ('area', '东江市', 'F1')")
    await db.execute(FANOUT["put_shape"], "F1", [114.3], [23.0], [114.6], [23.3])
    beside = Position(longitude=114.59, latitude=23.29)
    for name, position in (("inside", HERE), ("beside", beside), ("nowhere", None)):
        await fold(db, customer(name, lines=(), areas=("东江市",), position=position), name=name)
    held = {name: await read_holding(db, name) for name in ("inside", "beside", "nowhere")}
    assert held == {"inside": ("F1",), "beside": (), "nowhere": ("F1",)}
