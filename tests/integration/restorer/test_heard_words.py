"""What was said to customers, as the restorer heard it, on a real PostgreSQL: in any order, again, and forgotten."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import messages
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.messages import (
    ContactConfirmed,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from services.kernel.model import Record
from services.kernel.writing.copies import copy
from services.restorer.tables.heard.old_words import OldCustomerWords
from services.restorer.tables.heard.topic import HeardTopic
from services.restorer.tables.heard.words import CustomerWords
from tests.kits.stack.tables.restorer import NOW, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

Word = MessageRequested | MessageAccepted | MessageDelivered | MessageUndelivered | MessageSuppressed | MessageExpired


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def asked(name: str, who: str = "KC-1", mrids: tuple[str, ...] = ("F1",)) -> MessageRequested:
    return MessageRequested(
        message_id=name,
        customer_id=who,
        contact_id="c1",
        mrids=mrids,
        trigger="fault",
        lane="key",
        language="zh-CN",
        template_id="fault",
        template_version=1,
        body="停电通知",
        ref="AB12",
        requested_at=at(0),
        not_before=at(0),
        due_at=at(10),
        expires_at=at(60),
        reason="power-is-off",
    )


def taken(name: str, minutes: float = 1) -> MessageAccepted:
    return MessageAccepted(
        message_id=name, customer_id="KC-1", attempt=1, provider="twilio", provider_sid="SM1", accepted_at=at(minutes)
    )


STORY: Sequence[Word | ContactConfirmed] = (
    asked("m-1"),
    taken("m-1"),
    MessageDelivered(message_id="m-1", customer_id="KC-1", provider_sid="SM1", delivered_at=at(2)),
    ContactConfirmed(customer_id="KC-1", contact_id="c1", message_id="m-1", confirmed_at=at(2), how="receipt"),
    asked("m-2", mrids=("F1", "F2")),
    MessageSuppressed(message_id="m-2", customer_id="KC-1", reason="overtaken", at=at(3)),
    taken("m-2", 4),
    asked("m-3", who="KC-2", mrids=()),
    MessageExpired(message_id="m-3", customer_id="KC-2", reason="text-expired", at=at(60)),
    ContactConfirmed(customer_id="KC-1", contact_id="c1", confirmed_at=at(5), how="call", by="chen"),
    asked("m-4"),
)


def records(words: Sequence[Word | ContactConfirmed]) -> Iterator[Record]:
    """As they lie on the topic."""
    for offset, word in enumerate(words):
        name = f"{word}"[:40] + f"/{offset}"
        event = CloudEvent(source="/outage/notifier", id=name, type=TYPE_OF[type(word)], time=at(0), data=word)
        sent = to_kafka(event, messages.TOPIC)
        yield Record(messages.TOPIC, 0, offset, sent.key, sent.value, dict(sent.headers), at(0), by_broker=True)


async def rows(room: Room) -> list[tuple[object, ...]]:
    found = await room.pool.fetch("select * from customer_word order by message_id")
    return [tuple(row) for row in found] + [
        tuple(row) for row in await room.pool.fetch("select * from customer_confirmed order by customer_id")
    ]


async def hear(room: Room, batches: Sequence[Sequence[Record]]) -> None:
    """By the restorer's own copy, without its fences."""
    for batch in batches:
        async with room.pool.acquire() as connection, connection.transaction():
            await copy(connection, batch, {messages.TOPIC: HeardTopic(messages.TOPIC, CustomerWords())}, {})


async def test_it_is_known_of_each_text_for_whom_it_was_about_what_and_how_far_it_came(restorer_room: Room) -> None:
    room = restorer_room
    await hear(room, [list(records(STORY))])
    none = (None,) * 2
    asked_for = ("fault", at(0), at(0), at(10))
    assert await rows(room) == [
        ("m-1", "KC-1", ["F1"], *asked_for, at(1), at(2), *none),
        ("m-2", "KC-1", ["F1", "F2"], *asked_for, at(4), None, at(3), "overtaken"),
        ("m-3", "KC-2", [], *asked_for, None, None, at(60), "text-expired"),
        ("m-4", "KC-1", ["F1"], *asked_for, *(None,) * 4),
        ("KC-1", at(5), "call"),
    ]
    columns = {
        row["column_name"]
        for row in await room.pool.fetch(
            "select column_name from information_schema.columns where table_name = 'customer_word'"
        )
    }
    assert "body" not in columns, "what a text says is nobody's here"


async def test_in_whatever_order_words_come_and_however_often_the_same_is_known(restorer_room: Room) -> None:
    room = restorer_room
    whole = list(records(STORY))
    await hear(room, [whole])
    expected = await rows(room)
    for seed in range(12):
        draw = Random(seed)
        async with room.pool.acquire() as connection, connection.transaction():
            await HeardTopic(messages.TOPIC, CustomerWords()).forget(connection)
        assert await rows(room) == []
        mixed = draw.sample(whole + draw.sample(whole, 4), len(whole) + 4)
        size = draw.randrange(1, len(mixed))
        await hear(room, [mixed[start : start + size] for start in range(0, len(mixed), size)])
        assert await rows(room) == expected, seed


async def test_what_was_said_long_ago_is_forgotten_also_where_nobody_is_off(restorer_room: Room) -> None:
    room = restorer_room
    waits = msgspec.structs.replace(
        asked("m-5"), not_before=at(0) + timedelta(days=30), due_at=at(0) + timedelta(days=31)
    )
    await hear(room, [list(records([*STORY, waits, taken("never asked for")]))])
    forgetting = OldCustomerWords(room.pool, room.clock, "restorer", step=2)
    room.clock.set(NOW + timedelta(days=89))
    assert await forgetting.once() == 0
    room.clock.set(NOW + timedelta(days=91))
    assert await forgetting.once() == 5
    left = await room.pool.fetch("select message_id from customer_word")
    assert [row["message_id"] for row in left] == ["m-5"], "it went out a month after it was asked for"
    await hear(room, [list(records([taken("m-1")]))])
    assert await forgetting.once() == 1, "what is heard anew is forgotten anew"
