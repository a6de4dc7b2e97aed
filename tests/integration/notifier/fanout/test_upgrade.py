"""A database of the first version, brought up: whoever was told then hears of the end, and its log still replays."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec

import services.notifier
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CrewStatus
from services.kernel.adapters.migrate import migrate
from services.kernel.model import Event
from services.kernel.running.main import folders
from services.kernel.streams.log import link
from services.network.copy import NetworkCopy
from services.notifier.domain.events import AUDIENCE_MATCHED, AudienceMatched
from services.notifier.domain.outage.decider import NotifierOutage
from services.notifier.tables.renewing import renew
from tests.kits.deciders.notifier import at, confirmed, part
from tests.kits.network.models import element, whole, words
from tests.kits.stack.fanout import NORTH, out, resident, town

FIRST = Path(services.notifier.__file__).parent / "sql" / "migrations" / "0001_notifier.sql"


def touched(customer: str, mrid: str, version: int) -> CustomerTouched:
    return CustomerTouched(
        customer_id=customer,
        mrid=mrid,
        outage_version=version,
        touched=True,
        outage_class="fault",
        status="out",
        trigger="outage.started.v1",
        started_at=at(5, 9, 12),
        at=at(5, 9, 13),
    )


async def old_stream(connection: Any, mrid: str, audience: dict[str, bool], *facts: msgspec.Struct) -> None:
    """What the first version left of an outage: facts, one match, one word for each; the audience in the live view."""
    stream, decider = f"outage/{mrid}", NotifierOutage()
    state, chain = decider.initial(stream), b""
    matched = AudienceMatched(mrid=mrid, outage_version=1, touched=tuple(sorted(audience)))
    words = [touched(name, mrid, 1) for name in sorted(audience)]
    said: list[msgspec.Struct] = [facts[0], matched, *words, *facts[1:]]
    if left := tuple(name for name, still in audience.items() if not still):
        said.append(AudienceMatched(mrid=mrid, outage_version=2, left=left))
    for version, data in enumerate(said, 1):
        type_ = AUDIENCE_MATCHED if isinstance(data, AudienceMatched) else TYPE_OF[type(data)]  # type: ignore[index]
        event = Event(stream, version, uuid4(), type_, data, at(5, 9, 13), f"/old/{mrid}", "customers-told")
        body = msgspec.json.encode(data)
        chain = link(chain, event, body)
        state = decider.evolve(state, event)
        await connection.execute(
            "insert into event (stream_id, version, event_id, type, data, cause, reason, decided_at, chain) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            *(
                stream,
                version,
                event.event_id,
                type_,
                body.decode(),
                event.cause,
                event.reason,
                event.decided_at,
                chain,
            ),
        )
    view = decider.view(state) | {"audience": audience}
    await connection.execute("insert into stream values ($1, 0, $2, $3)", stream, len(said), chain)
    await connection.execute(
        "insert into live values ($1, $2, $3)", stream, len(said), msgspec.json.encode(view).decode()
    )


async def test_whoever_was_told_before_the_upgrade_hears_of_the_end(postgres: str, tmp_path: Path) -> None:
    shutil.copy(FIRST, tmp_path)

    async def first_version_and_then_this(dsn: str) -> None:
        *beside, own = folders("notifier")
        await migrate(dsn, "notifier", [*beside, tmp_path])
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "notifier"})
        await old_stream(connection, "F1", {"ann": True, "bob": True}, out("F1", "Northern  LINE"))
        await old_stream(connection, "F2", {"ann": True, "eve": False}, out("F2", "eastern line"))
        await old_stream(connection, "F3", {"ann": True}, out("F3"), confirmed(at(5, 9, 13), "F3"))
        await connection.close()
        await migrate(dsn, "notifier", [*beside, own])

    async with town(postgres, made=first_version_and_then_this) as city:
        assert await city.members() == {"ann": True, "bob": True}
        assert await city.members("F2") == {"ann": True, "eve": False}
        places = await city.pool.fetch("select mrid, value from outage_match order by mrid")
        assert [tuple(row) for row in places] == [("F1", "northernline"), ("F2", "easternline")]
        assert await city.faults() == {}, "the old log replays, and says what the tables hold"
        desks = await city.process()
        # Registered while the first version ran: it told nobody but those it found when a fact came.
        await city.say(desks, resident("ann"), resident("bob"), resident("late", NORTH))
        await city.settle(desks)
        assert [word for word in await city.words() if word[1]] == [("late", True, "out")]
        await city.say(desks, confirmed(at(5, 10)), confirmed(at(5, 10), "F2"))
        await city.settle(desks)
        ends = [word for word in await city.words() if word[2] == "restored"]
        assert ends == [("ann", True, "restored"), ("bob", True, "restored"), ("late", True, "restored")]
        numbers = await city.pool.fetch(
            "select (data->>'outageVersion')::int as n from event where type = 'customer.touched.v1' "
            "and starts_with(stream_id, 'fanout/F1/') order by position"
        )
        assert [row["n"] for row in numbers] == sorted(row["n"] for row in numbers)
        assert numbers[0]["n"] > 1, "above all that the first version said"
        assert await city.words("F3") == [], "it was over before"
        assert await city.faults() == {}


async def test_of_an_outage_that_was_part_restored_before_the_upgrade_nobody_is_told_off_where_power_is_back(
    postgres: str, tmp_path: Path
) -> None:
    shutil.copy(FIRST, tmp_path)
    grid = [
        element("ss", "substation"),
        element("L1", "line", "ss", name=NORTH),
        *(element(one, "transformer", "L1") for one in ("T1", "T2")),
    ]

    async def first_version_and_then_this(dsn: str) -> None:
        *beside, own = folders("notifier")
        await migrate(dsn, "notifier", [*beside, tmp_path])
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "notifier"})
        step = part(Extent(transformers=("T1",)), Extent(lines=(NORTH,)), at(5, 9, 13))
        await old_stream(connection, "F1", {"ann": True}, out("F1"), step)
        await migrate(dsn, "notifier", [*beside, own])
        # As a version before wrote it.
        await connection.execute("update fanout_job set due = due::jsonb #- '{truth,back}'")
        await connection.close()

    async with town(postgres, made=first_version_and_then_this) as city:
        async with city.pool.acquire() as connection, connection.transaction():
            await NetworkCopy().put(connection, words(*grid, whole(grid)))
        desks = await city.process()
        people = [resident(name, lines=(), transformers=(at_,)) for name, at_ in (("lit", "T1"), ("dark", "T2"))]
        await city.say(desks, resident("ann"), *people)
        await city.settle(desks)
        assert await city.members() == {"ann": True}
        await city.say(desks, CrewStatus(mrid="F1", crew_status="enroute", at=at(5, 9, 14)))
        await city.settle(desks)
        assert await city.members() == {"ann": True, "dark": True}


async def test_names_that_are_one_place_only_in_the_present_form_are_matched_at_the_first_start(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(
            desks, resident("ann", "10千伏零宽线"), resident("bob", "10kV西线\u200b"), resident("eve", "东线")
        )
        # As a version before stored them: 千伏 is no kV there, and a character that nobody sees makes another place.
        for name, before in (("ann", "10千伏零宽线"), ("bob", "10kv西线\u200b")):
            await city.pool.execute("update customer_match set value = $2 where customer_id = $1", name, before)
        await city.say(desks, out("F1", "10kV零宽线"), out("F2", "10kV西线"), out("F3", "东线"))
        await city.settle(desks)
        assert [word[0] for word in [*await city.words("F1"), *await city.words("F2")]] == []
        async with city.pool.acquire() as connection:
            assert await renew(connection) == 2
            assert await renew(connection) == 0, "once for each form"
        assert await city.faults() == {}
        await city.settle(desks)
        assert await city.words("F1") == [("ann", True, "out")]
        assert await city.words("F2") == [("bob", True, "out")]
        assert await city.words("F3") == [("eve", True, "out")], "who was matched before hears nothing twice"
        assert await city.faults() == {}


async def test_an_outage_whose_names_read_otherwise_now_finds_the_customers_there(postgres: str) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, out("F1", "10千伏东线\ufeff"), resident("late", "10kV西线"))
        await city.settle(desks)
        await city.pool.execute("update outage_match set value = '10千伏东线\ufeff'")
        await city.say(desks, resident("ann", "10kV东线"))
        await city.settle(desks)
        assert await city.words("F1") == []
        async with city.pool.acquire() as connection:
            assert await renew(connection) == 1
        await city.settle(desks)
        assert await city.words("F1") == [("ann", True, "out")]
