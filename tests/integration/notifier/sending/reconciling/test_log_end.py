"""Whether the database went back is seen by what others have of us; then no lane runs until that is in line."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from schemas.contracts import messages
from services.notifier.domain.provider.port import Accepted, SendRequest
from services.notifier.sending.gates.brake import LANES
from services.notifier.sending.reconciling.log_end import notice_lost_words
from services.notifier.sending.reconciling.restores import RestoreWatch, WentBack
from services.notifier.sending.reconciling.walk import SQL
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.sending import Office

HOUR = timedelta(hours=1)
CODED = "Dongjiang Power: power is back since 03:10. 95598 K7M2X-3F"


@pytest.fixture
def broker() -> PaperBroker:
    return PaperBroker()


def says(broker: PaperBroker, office: Office, event_id: UUID, source: str = "/outage/notifier") -> None:
    headers = {"ce_id": str(event_id).encode(), "ce_source": source.encode()}
    broker.put(messages.TOPIC, 0, "KC-01", headers, b"{}", office.clock.now())


async def in_the_log(office: Office) -> UUID:
    await office.text()
    found: UUID = await office.pool.fetchval("select event_id from event order by position desc limit 1")
    return found


async def lost(office: Office, broker: PaperBroker, told: datetime | None = None) -> datetime | None:
    return await notice_lost_words(office.pool, broker, office.clock, told)


async def held(office: Office) -> list[str]:
    return [
        row["lane"] for row in await office.pool.fetch("select lane from brake where who = 'notifier' order by lane")
    ]


async def test_topics_whose_newest_words_are_in_the_log_hold_nothing(office: Office, broker: PaperBroker) -> None:
    assert await lost(office, broker) is None, "no word at all"
    says(broker, office, uuid4())
    says(broker, office, await in_the_log(office))
    says(broker, office, uuid4(), source="/outage/planner")
    assert await lost(office, broker) is None
    assert await held(office) == []


async def test_a_word_of_ours_that_the_log_lacks_stops_every_lane_once(office: Office, broker: PaperBroker) -> None:
    says(broker, office, await in_the_log(office))
    says(broker, office, uuid4())
    since = await lost(office, broker)
    end = await office.pool.fetchval("select max(decided_at) from event")
    assert since == end - timedelta(minutes=1)
    assert await held(office) == sorted(LANES)
    assert await lost(office, broker) == since
    assert await office.pool.fetchval("select count(*) from database_restore") == 1
    (cause,) = await office.pool.fetch("select * from standing_cause where kind = 'database-restored'")
    assert (cause["reason"], cause["urgency"]) == ("log-ends-before-kafka", 1)


async def test_what_was_settled_once_holds_no_more_and_a_later_loss_does(office: Office, broker: PaperBroker) -> None:
    says(broker, office, uuid4())
    assert await lost(office, broker) is not None
    await office.pool.execute(SQL["is_over"], office.clock.now())
    await office.pool.execute("delete from brake")
    assert await lost(office, broker) is None
    says(broker, office, uuid4())
    assert await lost(office, broker) is not None
    assert await held(office) == sorted(LANES)


async def test_whoever_told_the_notifier_of_this_restore_has_texts_looked_up_and_not_held(
    office: Office, broker: PaperBroker
) -> None:
    await in_the_log(office)
    says(broker, office, uuid4())
    assert await lost(office, broker, told=office.clock.now()) is None
    assert await held(office) == []
    says(broker, office, uuid4())
    assert await lost(office, broker, told=office.clock.now() - 30 * 24 * HOUR) is not None, "told of another one"
    assert await held(office) == sorted(LANES)


async def test_whoever_says_so_after_it_was_noticed_has_lanes_go_on_and_texts_looked_up(
    office: Office, broker: PaperBroker
) -> None:
    await in_the_log(office)
    says(broker, office, uuid4())
    assert await lost(office, broker) is not None
    await office.pool.execute("update brake set who = 'chen' where lane = 'notice'")
    assert await lost(office, broker, told=office.clock.now()) is not None
    rows = await office.pool.fetch("select lane, who from brake")
    assert [(row["lane"], row["who"]) for row in rows] == [("notice", "chen")], "what a person stopped stands"
    assert await lost(office, broker, told=office.clock.now()) is None


def watch(office: Office, broker: PaperBroker, told: datetime | None = None) -> RestoreWatch:
    checked = asyncio.Event()
    checked.set()
    made = (office.pool, broker, [office.provider()], office.vault, office.clock, CollectorRegistry())
    return RestoreWatch(*made, checked=checked, is_read=lambda: True, told=told)


async def went(office: Office, to: str, body: str) -> Accepted:
    posted = await office.provider().send(SendRequest(message_id="x", attempt=1, to=to, body=body, valid_seconds=3600))
    assert isinstance(posted, Accepted)
    return posted


async def seen(office: Office) -> str | None:
    found: str | None = await office.pool.fetchval("select found_by from database_restore")
    return found


async def test_a_text_in_our_words_that_only_the_provider_knows_stops_every_lane(
    office: Office, broker: PaperBroker
) -> None:
    await office.text()
    posted = await went(office, office.number(), CODED)
    looks = watch(office, broker)
    await looks._look()
    assert await seen(office) == "provider-list"
    assert await office.pool.fetchval("select evidence from database_restore") == [posted.sid]
    assert await held(office) == sorted(LANES)


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (None, "Tomorrow your meter is read."),
        ("+447700900999", CODED),
    ],
    ids=["without a code of ours", "to nobody whom we know"],
)
async def test_what_another_system_sends_from_our_number_holds_nothing(
    office: Office, broker: PaperBroker, number: str | None, body: str
) -> None:
    await office.text()
    await went(office, number or office.number(), body)
    await watch(office, broker)._look()
    assert await seen(office) is None


async def test_what_went_in_a_lost_time_that_is_known_holds_nothing_again(office: Office, broker: PaperBroker) -> None:
    await office.text()
    await went(office, office.number(), CODED)
    # The provider's dates have whole seconds.
    at = office.clock.now() + timedelta(seconds=1)
    await office.pool.execute(SQL["notice"], at, at - HOUR, "kafka", ["x"], at)
    await watch(office, broker)._look()
    assert await office.pool.fetchval("select count(*) from database_restore") == 1
    await office.pool.execute("delete from database_restore")
    await watch(office, broker, told=office.clock.now() - HOUR)._look()
    assert await seen(office) is None, "told of it, each text is looked up"
    assert await held(office) == []


async def test_a_text_of_ours_whose_answer_was_lost_holds_nothing(office: Office, broker: PaperBroker) -> None:
    text = await office.text()
    await went(office, office.number(), (await office.row(text))["body"])
    await watch(office, broker)._look()
    assert await seen(office) is None


async def test_a_sender_claims_nothing_before_the_log_was_looked_at_and_nothing_after_it_went_back(
    office: Office, broker: PaperBroker
) -> None:
    looks = watch(office, broker)
    assert not looks.permits(1)
    await looks._look()
    assert looks.permits(1)
    # The database was away: the sender has another number.
    assert not looks.permits(2)
    await looks._look()
    assert looks.permits(2)
    says(broker, office, uuid4())
    assert not looks.permits(3)
    with pytest.raises(WentBack):
        await looks._look()
    assert not looks.permits(3)
