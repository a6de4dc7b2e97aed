"""A notifier of the release before is replaced: what it left open comes to its end, and what it could not read is read."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import Fault
from devstack.twilio.simulator import TwilioSimulator
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import audience
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerReplied, CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.promises import PromiseMade
from services.kernel.upkeep.review import Reviewer
from services.notifier.app import Notifier
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.sending.followers import Followers
from tests.kits.ctl import Ctl
from tests.kits.stack import sending
from tests.kits.stack.databases import worker
from tests.kits.stack.injecting.releases import WITH_KITS, run, unpack
from tests.kits.stack.sending import Office
from tests.kits.stack.two_providers import GATEWAY_FIRST, Pair

pytestmark = pytest.mark.timeout(120)
HOUR: Final = timedelta(hours=1)
NOW: Final = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture(scope="module", params=WITH_KITS)
def before(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(request.param, tmp_path_factory.mktemp("before"))


@pytest.fixture
async def taken_over(postgres: str, tmp_path: Path, before: Path) -> AsyncIterator[tuple[Office, dict[str, str]]]:
    """Tables that the release before has left, migrated; and its texts, by how far each came."""
    texts: dict[str, str] = {}

    async def played(dsn: str, sim: TwilioSimulator) -> None:
        sim.break_things(
            Fault(kind="created-drop", number="+447700900103", times=1),
            Fault(kind="drop", number="+447700900104", times=1),
        )
        said = await run(before, "left_open.py", dsn, sim.url)
        texts.update(json.loads(said.splitlines()[-1]))

    async with sending.office(postgres, tmp_path, before=played) as office:
        notifier = Notifier(sending.VOICE, telling=sending.PROMPT, words=WordRules("cn", "1"))
        office.ingest = await worker(notifier, office.pool, office.clock)
        yield office, texts


async def reviewed(office: Office) -> list[tuple[str, PromiseMade]]:
    """What `outagectl rearm` finds to be promised, by customer."""
    events = []
    async for part in Reviewer(office.ingest.service, office.pool, office.clock, "upgrade").run():
        assert (part.failed, part.parked) == ({}, [])
        events += part.events
    return [(event.stream_id, event.data) for event in events]


async def test_every_text_comes_to_its_end_once_and_is_owed_from_when_the_power_went(
    taken_over: tuple[Office, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, texts = taken_over
    states = {name: (await office.row(text))["state"] for name, text in texts.items()}
    assert states == {
        "late": "accepted",
        "told": "accepted",
        "made": "unknown",
        "lost": "unknown",
        "claimed": "sending",
        "queued": "ready",
    }
    owed = Counter((stream, one.obligation) for stream, one in await reviewed(office))
    waiting = [f"customer/KC-{number:02}" for number in (3, 4, 5, 6)]
    # Of the first the time that was said is over since hours: that word nobody can give in time any more.
    assert owed == {("customer/KC-02", "next-word"): 1, **{(stream, "first-word"): 1 for stream in waiting}}
    assert await reviewed(office) == [], "once"
    made = await office.pool.fetch("select stream_id, data from event where type = 'promise.made.v1'")
    for row in made:
        asked = await office.pool.fetchval(
            "select min(decided_at) from event where stream_id = $1 and type = 'customer.touched.v1'", row["stream_id"]
        )
        promise = json.loads(row["data"])
        if promise["obligation"] == "first-word":
            assert promise["measuredFrom"] <= asked.isoformat(), "not from when it was looked at"

    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender), Followers(sender.recorder, office.pool, office.clock)):
        for text in texts.values():
            await office.comes_to(text, "accepted", seconds=15)
    answers = {name: [post.answer for post in office.posts(text)] for name, text in texts.items()}
    assert answers == {
        "late": ["created"],
        "told": ["created"],
        "made": ["created-drop"],
        "lost": ["drop", "created"],
        "claimed": ["created"],
        "queued": ["created"],
    }
    kept = await office.pool.fetch("select stream_id from event where type = 'promise.kept.v1' order by stream_id")
    assert [row["stream_id"] for row in kept] == waiting
    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    for name in ("told", "lost"):
        shown = await Ctl().said("show", "message", texts[name])
        assert shown.code == 0, shown.err
    shown = await Ctl().said("show", "customer", "KC-04")
    assert shown.code == 0, shown.err


async def test_what_is_in_doubt_is_looked_for_where_it_went_and_what_never_went_goes_by_the_second_provider(
    taken_over: tuple[Office, dict[str, str]], tmp_path: Path
) -> None:
    office, texts = taken_over
    settings = GatewaySimulatorSettings(send_seconds=0.01, deliver_seconds=0.02)
    async with SmsGatewaySimulator(tmp_path / "sms-gateway", office.clock, settings=settings) as gateway:
        both = Pair(office, gateway, tmp_path)
        async with both.at_work(countries=GATEWAY_FIRST):
            for name in ("lost", "claimed", "queued"):
                await office.comes_to(texts[name], "delivered", 20)
            await office.comes_to(texts["made"], "accepted", 20)
        posts = {name: [[one.answer for one in theirs] for theirs in both.posts(text)] for name, text in texts.items()}
    assert posts == {
        "late": [["created"], []],
        "told": [["created"], []],
        "made": [["created-drop"], []],
        "lost": [["drop"], ["created"]],
        "claimed": [[], ["created"]],
        "queued": [[], ["created"]],
    }


async def test_deadlines_of_promises_that_its_pod_takes_off_in_a_roll_out_are_put_back_by_the_review(
    taken_over: tuple[Office, dict[str, str]], before: Path
) -> None:
    office, _ = taken_over
    await reviewed(office)
    assert await deadlines(office) == ["KC-02", "KC-03", "KC-04", "KC-05", "KC-06"]
    later = office.clock.now() + 5 * HOUR
    await run(before, "reads.py", office.dsn, given=json.dumps(record_of("r-2", out("KC-02", office, later))))
    assert await office.pool.fetchval("select count(*) from quarantine") == 0
    assert await deadlines(office) == ["KC-03", "KC-04", "KC-05", "KC-06"], "it knows nothing of such deadlines"
    assert await reviewed(office) == [], "the promise stands"
    assert await deadlines(office) == ["KC-02", "KC-03", "KC-04", "KC-05", "KC-06"]


async def test_its_pod_stops_at_a_conversation_that_says_what_it_does_not_know_and_leaves_the_word_to_this_version(
    office: Office, before: Path
) -> None:
    await office.text()
    home = CustomerUpserted(
        customer_id="KC-01",
        name="KC-01",
        importance="first",
        on_duty="always",
        lines=("10千伏城东线",),
        contacts=(Contact(contact_id="KC-01-duty"),),
        updated_at=office.clock.now(),
    )
    await office.say("KC-01", home)
    later = office.clock.now() + 5 * HOUR
    record = record_of("r-3", out("KC-01", office, later))
    with pytest.raises(AssertionError, match="run the version that wrote it"):
        await run(before, "reads.py", office.dsn, given=json.dumps(record))
    assert await office.pool.fetchval("select count(*) from quarantine") == 0
    assert await heard(office, "KC-01") == 1, "nothing of it is in the log"
    await office.say("KC-01", out("KC-01", office, later))
    assert await heard(office, "KC-01") == 2


async def heard(office: Office, name: str) -> int:
    """How many words about outages their conversation has taken."""
    counted = "select count(*) from event where stream_id = $1 and type = 'customer.touched.v1'"
    found: int = await office.pool.fetchval(counted, f"customer/{name}")
    return found


async def deadlines(office: Office) -> list[str]:
    """Whose promises have a deadline that will come."""
    rows = await office.pool.fetch("select distinct stream_id from timer where name like 'owed/%' order by stream_id")
    return [row["stream_id"].removeprefix("customer/") for row in rows]


def out(name: str, office: Office, ert: datetime) -> CustomerTouched:
    """Power is off for them as before, and is expected back then."""
    now = office.clock.now()
    return CustomerTouched(
        customer_id=name,
        mrid="F-1",
        outage_version=2,
        touched=True,
        outage_class="fault",
        status="out",
        trigger="ert.changed.v1",
        started_at=now - HOUR,
        ert=ert,
        at=now,
    )


def record_of(id_: str, data: CustomerTouched | CustomerReplied) -> dict[str, object]:
    """A word to a customer's conversation as it lies on its topic."""
    event = CloudEvent(source="/outage/notifier", id=id_, type=TYPE_OF[type(data)], time=NOW, data=data)
    message = to_kafka(event, audience.TOPIC)
    assert message.value is not None
    headers = {name: value.decode() for name, value in message.headers}
    return {
        "topic": message.topic,
        "key": message.key.decode(),
        "headers": headers,
        "value": message.value.decode(),
    }


async def test_an_answer_that_it_set_aside_in_a_roll_out_is_heard_after_it(
    office: Office, before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await office.text()
    sender = office.sender()
    async with office.at_work(sender):
        await office.comes_to(text, "accepted")
    now = office.clock.now()
    reply = CustomerReplied(
        customer_id="KC-01", contact_id="KC-01-duty", reply_id="SM1", meaning="confirms", received_at=now
    )
    await run(before, "reads.py", office.dsn, given=json.dumps(record_of("r-1", reply)))
    rows = await office.pool.fetch("select reason, type, state from quarantine")
    assert [tuple(row) for row in rows] == [("unknown-type", "customer.replied.v1", "open")]

    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
    done = await Ctl().json("quarantine", "retry-understood", "--service", "notifier", "--reason", "version 0.2")
    assert done == {
        "judged": [{"service": "notifier", "type": "customer.replied.v1", "count": 1}],
        "stillOpen": [],
        "more": False,
    }
    heard = await office.pool.fetchval("select data->>'how' from event where type = 'contact.confirmed.v1'")
    assert heard == "reply"
    again = await Ctl().json("quarantine", "retry-understood", "--service", "notifier")
    assert again["judged"] == []
