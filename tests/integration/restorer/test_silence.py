"""The watch over silence on a real PostgreSQL: who was forgotten, who is held, and of whom there is nothing to say."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period, RuleRef
from schemas.contracts.customers import CustomerErased, CustomerUpserted, Supply
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from schemas.contracts.messages import (
    ContactUnreached,
    MessageAccepted,
    MessageRequested,
    MessageSuppressed,
)
from schemas.contracts.notices import NoticePublished
from schemas.contracts.promises import PromiseMade
from services.kernel.model import Message
from services.policy import load_policy, policy_path
from services.restorer.tables.silence.watch import SURE_SECONDS, SilenceWatch
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

LINE = "10千伏城东线"
CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name=LINE),
    element("T1", "transformer", "L1", name="东一变"),
    element("P1", "usagePoint", "T1", name="UP-1"),
]


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


class Watched:
    """A restorer whose topics are heard without a broker, and its watch."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.registry = CollectorRegistry()
        figures = load_policy(policy_path("cn-service-standard")).settings
        self.watch = SilenceWatch(room.pool, room.clock, "restorer", figures, self.registry)
        self.tasks = TaskWorker(room.workers[0], room.pool, room.clock)

    async def hears(self, topic: str, *words: msgspec.Struct) -> None:
        service: Any = self.room.workers[0].service
        now = self.room.clock.now()
        said = [
            Message("/outage/notifier", f"{next(self.room.ids)}", TYPE_OF[type(one)], now, one, _key(one), 0, topic)
            for one in words
        ]
        async with self.room.pool.acquire() as connection, connection.transaction():
            await service.copies[topic].put(connection, said)

    async def looks(self) -> dict[str, tuple[str, str]]:
        """It looks until whatever it sees is sure; by customer the state and the reason."""
        await self._read_up()
        for _ in range(3):
            await self.watch.turn()
            self.room.clock.advance(timedelta(seconds=SURE_SECONDS * 10))
            await self._read_up()
        rows = await self.room.pool.fetch("select customer_id, state, reason from silence where sure")
        return {row["customer_id"]: (row["state"], row["reason"]) for row in rows}

    async def _read_up(self) -> None:
        await self.room.pool.execute(
            "insert into consumer_offset (topic, partition, first_offset, next_offset, watermark) "
            "select t, 0, 0, 0, $2 from unnest($1::text[]) as t "
            "on conflict (topic, partition) do update set watermark = excluded.watermark",
            ["outage.dispatch", "outage.messages", "outage.customers"],
            self.room.clock.now(),
        )

    async def open_tasks(self) -> dict[str, list[str]]:
        while await self.tasks.once():
            pass
        rows = await self.room.pool.fetch("select kind, whom from task where state = 'open' order by kind")
        return {row["kind"]: [one["customerId"] for one in msgspec.json.decode(row["whom"])] for row in rows}

    def metric(self, name: str, state: str) -> float | None:
        return self.registry.get_sample_value(f"outage_silence_{name}", {"state": state})

    def pass_to(self, minutes: float) -> None:
        self.room.clock.advance(at(minutes) - self.room.clock.now())


def _key(one: Any) -> str:
    return str(getattr(one, "customer_id", None) or one.mrid)


def lives(name: str, importance: str = "special", **places: Any) -> CustomerUpserted:
    return CustomerUpserted(
        customer_id=name,
        name=f"客户 {name}",
        address="中山路18号",
        importance=importance,  # type: ignore[arg-type]
        updated_at=NOW,
        **(places or {"lines": (LINE,)}),
    )


def off(minutes: float = 0, mrid: str = "F1", extent: Extent = Extent(lines=(LINE,))) -> OutageStarted:  # noqa: B008 - frozen
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(minutes), extent=extent)


def asked(name: str, who: str, minutes: float, mrid: str = "F1", trigger: str = "fault") -> MessageRequested:
    return MessageRequested(
        message_id=name,
        customer_id=who,
        contact_id="c1",
        mrids=(mrid,),
        trigger=trigger,  # type: ignore[arg-type]
        lane="key",
        language="zh-CN",
        template_id="fault",
        template_version=1,
        body="停电通知",
        ref="AB12",
        requested_at=at(minutes),
        not_before=at(minutes),
        due_at=at(minutes + 10),
        expires_at=at(minutes + 60),
        reason="power-is-off",
    )


def taken(name: str, who: str, minutes: float) -> MessageAccepted:
    return MessageAccepted(
        message_id=name, customer_id=who, attempt=1, provider="twilio", provider_sid="SM1", accepted_at=at(minutes)
    )


def promised(who: str, due: float, obligation: str = "next-word") -> PromiseMade:
    return PromiseMade(
        promise_id=f"{who}/{obligation}",
        mrid="F1",
        customer_id=who,
        rule=RuleRef(policy_id="p", policy_version="1", rule_id="settings.promises.overdue_word", source="[x]"),
        due_at=at(due),
        at_risk_at=at(due),
        measured_from=at(0),
        obligation=obligation,
    )


@pytest.fixture
async def watched(restorer_room: Room) -> Watched:
    return Watched(restorer_room)


async def test_a_customer_whom_nobody_ever_told_is_found_and_called_and_whoever_was_told_is_not(
    watched: Watched, ctl: Ctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await watched.hears("outage.customers", lives("hospital"), lives("clinic"), lives("elsewhere", lines=("别的线",)))
    await watched.room.say(off())
    await watched.hears("outage.messages", asked("m-1", "clinic", 1), taken("m-1", "clinic", 2), promised("clinic", 90))
    watched.pass_to(25)
    assert await watched.looks() == {}, "not before its time"
    watched.pass_to(45)
    assert await watched.looks() == {
        "hospital": ("forgotten", "never-asked"),
        "clinic": ("nothing-to-say", "next-word-promised"),
    }
    assert await watched.open_tasks() == {"silence-forgotten": ["hospital"]}
    await watched.watch.count()
    assert watched.metric("customers", "forgotten") == 1
    assert (watched.metric("oldest_seconds", "forgotten") or 0) >= 45 * 60
    assert watched.metric("customers", "held") == 0

    await watched.hears(
        "outage.messages", asked("m-2", "hospital", 46), taken("m-2", "hospital", 47), promised("hospital", 120)
    )
    watched.pass_to(50)
    assert "hospital" not in await watched.looks()
    assert await watched.open_tasks() == {}, "the task is over by itself"
    (kept,) = await watched.room.pool.fetch("select * from silent_time")
    assert (kept["customer_id"], kept["state"], kept["mrid"], kept["since"]) == ("hospital", "forgotten", "F1", at(0))
    assert at(47) <= kept["until"] <= at(51), "it is a figure of its month, and over once a word was seen"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POSTGRES", watched.room.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    found = (await ctl.json("report", "2026-03", "--json"))["silence"]
    assert [found[kind]["customers"] for kind in ("forgotten", "held")] == [1, 0]
    assert 47 <= found["forgotten"]["oldest"]["most"] <= 51
    (case,) = await ctl.json("report", "2026-03", "--cases", "silence-forgotten", "--json")
    assert (case["mrid"], case["customers"]) == ("F1", 1)
    assert "hospital" not in json.dumps([found, case]), "no customer is named"


async def test_what_is_asked_for_and_does_not_go_is_held_and_says_why(watched: Watched) -> None:
    names = ("waits", "unreached", "late", "room")
    await watched.hears("outage.customers", *map(lives, names))
    await watched.room.say(off())
    await watched.hears(
        "outage.messages",
        asked("m-1", "waits", 1),
        ContactUnreached(customer_id="unreached", at=at(3), reason="no-contact-can-be-texted"),
        promised("late", 10, "first-word"),
        asked("m-4", "room", 1),
        MessageSuppressed(message_id="m-4", customer_id="room", reason="handset-full", at=at(2)),
    )
    watched.pass_to(40)
    assert await watched.looks() == {
        "waits": ("held", "text-waits"),
        "unreached": ("held", "unreached: no-contact-can-be-texted"),
        "late": ("held", "first-word-late"),
        "room": ("held", "dropped: handset-full"),
    }
    kept = await watched.room.pool.fetch("select customer_id, state, until from silent_time")
    assert {tuple(row) for row in kept} == {(name, "held", None) for name in names}
    assert sorted((await watched.open_tasks())["silence-held"]) == sorted(names)


async def test_whoever_was_told_of_the_work_beforehand_hears_nothing_more_until_it_ought_to_be_over(
    watched: Watched,
) -> None:
    await watched.hears("outage.customers", lives("school"))
    window = Period(start=at(0), end=at(120))
    await watched.hears(
        "outage.notices",
        NoticePublished(
            mrid="P1",
            notice_id="P1/1",
            revision_number=1,
            version=1,
            outage_class="planned",
            published_at=at(-60),
            planned_period=window,
            extent=Extent(lines=(LINE,)),
        ),
    )
    await watched.hears(
        "outage.messages", asked("m-1", "school", -50, "P1", "planned-notice"), taken("m-1", "school", -49)
    )
    await watched.room.say(replace(off(0, "P1"), outage_class="planned"))
    watched.pass_to(60)
    assert await watched.looks() == {"school": ("nothing-to-say", "as-noticed")}
    watched.pass_to(140)
    assert await watched.looks() == {}, "half an hour counts from when it ought to be over"
    watched.pass_to(160)
    assert await watched.looks() == {"school": ("forgotten", "not-asked-since")}


async def test_silence_ends_with_the_outage_and_with_the_customer(watched: Watched) -> None:
    await watched.hears("outage.customers", lives("hospital"), lives("leaves"))
    await watched.room.say(off())
    watched.pass_to(45)
    assert set(await watched.looks()) == {"hospital", "leaves"}
    await watched.hears("outage.customers", CustomerErased(customer_id="leaves", erased_at=at(46)))
    watched.pass_to(50)
    assert set(await watched.looks()) == {"hospital"}
    assert await watched.room.pool.fetchval("select count(*) from watched_place where customer_id = 'leaves'") == 0
    kept = await watched.room.pool.fetchrow("select rank, known from watched_customer where customer_id = 'leaves'")
    assert tuple(kept) == (None, None), "who is erased is no more than an id"
    await watched.room.say(SupplyRestored(mrid="F1", restored_at=at(52)))
    watched.pass_to(60)
    assert await watched.looks() == {}


async def test_by_the_network_model_who_hangs_on_the_line_is_watched_too_and_nobody_knows_their_names(
    watched: Watched,
) -> None:
    await brought(watched.room.pool, *CITY, whole(CITY))
    supplies = (
        Supply(id="1", role="main", usage_point="UP-1"),
        Supply(id="2", role="own-generation"),
    )
    await watched.hears("outage.customers", lives("hospital", supplies=supplies))
    await watched.room.say(off())
    watched.pass_to(45)
    assert await watched.looks() == {"hospital": ("forgotten", "never-asked")}
    await watched.room.say(SupplyRestored(mrid="F1", restored_at=at(46), extent=Extent(transformers=("东一变",))))
    watched.pass_to(70)
    assert await watched.looks() == {}, "what is nearer is back"
    kept = await watched.room.pool.fetchval("select known::text || customer_id from watched_customer")
    assert not any(word in kept for word in ("客户", "中山路"))


async def test_an_outage_that_is_heard_of_late_is_not_called_a_silence_before_its_words_can_be_made(
    watched: Watched,
) -> None:
    await watched.hears("outage.customers", lives("hospital"))
    watched.pass_to(60)
    await watched.room.say(off(0))
    await watched.watch.turn()
    assert await watched.room.pool.fetchval("select count(*) from silence") == 0
    watched.pass_to(71)
    assert await watched.looks() == {"hospital": ("forgotten", "never-asked")}
