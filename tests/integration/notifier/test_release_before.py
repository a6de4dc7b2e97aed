"""A notifier of the release before is replaced: what it left open comes to its end, and what it could not read is read."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import Fault
from devstack.twilio.simulator import TwilioSimulator
from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts import audience, receipts
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.audience import CustomerReplied, CustomerTouched
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.promises import PromiseMade
from schemas.contracts.receipts import InboundReceived
from services.kernel.upkeep.review import Reviewer
from services.notifier.app import Notifier
from services.notifier.domain.customer.owing.rules import KEYS, WordRules
from services.notifier.domain.customer.owing.state import FIRST_WORD
from services.notifier.replying.passed_over import PassedOver
from services.notifier.sending.gates.older_pods import SESSION_BEFORE
from tests.kits.ctl import Ctl
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack import sending
from tests.kits.stack.databases import worker
from tests.kits.stack.injecting.releases import WITH_KITS, of_a_release_before, run, unpack
from tests.kits.stack.sending import Office
from tests.kits.stack.two_providers import GATEWAY_FIRST, Pair

pytestmark = pytest.mark.timeout(120)
NOW: Final = datetime(2026, 3, 5, tzinfo=UTC)
Given = dict[str, Any]
STOPS: Final = "run the version that wrote it"


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


async def test_what_it_left_open_is_promised_from_when_the_power_went_and_comes_to_its_end_once(
    taken_over: tuple[Office, dict[str, str]], before: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    assert not await office.pool.fetchval("select exists (select from gone_senders)"), "its pods may be there still"
    waiting = ["KC-03", "KC-04", "KC-05", "KC-06"]
    promised = await reviewed(office)
    # Of the first the time that was said is over since hours: that word nobody can give in time any more.
    assert Counter((stream, one.obligation) for stream, one in promised) == {
        ("customer/KC-02", "next-word"): 1,
        **{(f"customer/{name}", "first-word"): 1 for name in waiting},
    }
    for stream, one in promised:
        asked = "select min(decided_at) from event where stream_id = $1 and type = 'customer.touched.v1'"
        assert one.measured_from <= await office.pool.fetchval(asked, stream), "not from when it was looked at"
    assert await deadlines(office) == ["KC-02", *waiting]

    # A pod of that release that is still there takes a deadline off that it knows nothing of.
    assert await reads(before, office, [await once_more(office, "KC-02")]) == ["taken"]
    assert await deadlines(office) == waiting
    assert await reviewed(office) == [], "the promise stands"
    assert await deadlines(office) == ["KC-02", *waiting]

    settings = GatewaySimulatorSettings(send_seconds=0.01, deliver_seconds=0.02)
    async with SmsGatewaySimulator(tmp_path / "sms-gateway", office.clock, settings=settings) as gateway:
        both = Pair(office, gateway, tmp_path)
        async with both.at_work(countries=GATEWAY_FIRST):
            for name in ("lost", "claimed", "queued"):
                await office.comes_to(texts[name], "delivered", 20)
            await office.comes_to(texts["made"], "accepted", 20)
        posts = {name: [[one.answer for one in theirs] for theirs in both.posts(text)] for name, text in texts.items()}
    # What is in doubt is looked for where it went; what never went goes by whoever carries it now.
    assert posts == {
        "late": [["created"], []],
        "told": [["created"], []],
        "made": [["created-drop"], []],
        "lost": [["drop"], ["created"]],
        "claimed": [[], ["created"]],
        "queued": [[], ["created"]],
    }
    kept = await office.pool.fetch(
        "select stream_id from event where type = 'promise.kept.v1' and data->'rule'->>'ruleId' = $1 order by stream_id",
        KEYS[FIRST_WORD],
    )
    assert [row["stream_id"] for row in kept] == [f"customer/{name}" for name in waiting]
    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    for words in (("message", texts["told"]), ("message", texts["lost"]), ("customer", "KC-04")):
        shown = await Ctl().said("show", *words)
        assert shown.code == 0, shown.err


async def test_what_its_pod_could_not_read_in_a_roll_out_is_read_by_this_version(
    office: Office, before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    # Said in a form that it does not know: it stops there.
    now = office.clock.now()
    profile = CustomerUpserted(
        customer_id="KC-01",
        name="KC-01",
        importance="first",
        on_duty="always",
        lines=("10千伏城东线",),
        contacts=(Contact(contact_id="KC-01-duty"),),
        updated_at=now,
    )
    await office.say("KC-01", profile)
    reply = CustomerReplied(
        customer_id="KC-01", contact_id="KC-01-duty", reply_id="SM1", meaning="confirms", received_at=now
    )
    stopped, taken = await reads(before, office, [await once_more(office, "KC-01"), record_of("r-1", reply, 1)])
    assert STOPS in stopped
    assert taken == "taken"
    rows = await office.pool.fetch("select reason, type, state from quarantine")
    assert [tuple(row) for row in rows] == [("unknown-type", "customer.replied.v1", "open")]
    heard = "select count(*) from event where stream_id = 'customer/KC-01' and type = 'customer.touched.v1'"
    assert await office.pool.fetchval(heard) == 1, "of what it stopped at nothing is in the log: this version reads it"

    monkeypatch.setenv("OUTAGE_POSTGRES", office.dsn)
    monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
    done = await Ctl().json("quarantine", "retry-understood", "--service", "notifier", "--reason", "version 0.2")
    assert done == {
        "judged": [{"service": "notifier", "type": "customer.replied.v1", "count": 1}],
        "stillOpen": [],
        "more": False,
    }
    how = await office.pool.fetchval("select data->>'how' from event where type = 'contact.confirmed.v1'")
    assert how == "reply"
    again = await Ctl().json("quarantine", "retry-understood", "--service", "notifier")
    assert again["judged"] == []


async def test_a_text_from_a_customer_that_its_pod_read_in_a_roll_out_is_heard_once_by_this_version(
    office: Office, before: Path
) -> None:
    await of_a_release_before(office)
    first, second = await office.text(), await office.text()
    async with office.at_work(office.sender()):
        for text in (first, second):
            await office.comes_to(text, "accepted")
    sent = [
        inbound("SM-1", office.vault.blind_index(office.number_of(1)), "STOP"),
        inbound("SM-2", office.vault.blind_index(office.number_of(1)), "START", seconds=9),
        inbound("SM-3", office.vault.blind_index(office.number_of(2)), "1"),
        inbound("SM-4", office.vault.blind_index(office.number_of(2)), "退订", seconds=5),
    ]
    assert await reads(before, office, sent) == ["taken"] * 4
    lie_there = office.ingest._broker
    assert isinstance(lie_there, PaperBroker)
    for one in sent:
        headers = {name: value.encode() for name, value in one["headers"].items()}
        lie_there.put(one["topic"], one["partition"], one["key"], headers, one["value"].encode(), NOW)

    hears = PassedOver(office.ingest, office.pool, lie_there, office.clock)
    await hears.look()
    said = (
        "select data->>'meaning' as meaning, data->>'handset' as handset from event where type = $1 order by position"
    )
    heard = [(row["handset"], row["meaning"]) for row in await office.pool.fetch(said, "reply.received.v1")]
    numbers = [office.vault.blind_index(office.number_of(one)) for one in (1, 2)]
    by_number = {one: [meaning for handset, meaning in heard if handset == one] for one in numbers}
    assert list(by_number.values()) == [["stop", "start"], ["confirms", "stop"]], "each number's in their order"
    stopped = await office.pool.fetch("select blind_index from opted_out")
    assert [row["blind_index"] for row in stopped] == numbers[1:]

    await PassedOver(office.ingest, office.pool, lie_there, office.clock).look()
    assert await office.pool.fetchval("select count(*) from event where type = 'reply.received.v1'") == 4
    assert await office.pool.fetchval("select count(*) from passed_over") == 1, "its pods may read more"
    await office.pool.execute("insert into gone_senders values ($1)", SESSION_BEFORE)
    await hears.look()
    assert await office.pool.fetchval("select count(*) from passed_over") == 0


def inbound(sid: str, index: str, body: str, seconds: int = 0) -> Given:
    """A text that came in, as it lies on its topic."""
    at = NOW + timedelta(seconds=seconds)
    data = InboundReceived(provider="twilio", provider_sid=sid, from_index=index, body=body, received_at=at)
    event = CloudEvent(source="/twilio", id=sid, type="inbound.received.v1", time=at, data=data)
    return given_by(to_kafka(event, receipts.TOPIC), partition=0)


async def reviewed(office: Office) -> list[tuple[str, PromiseMade]]:
    """What `outagectl rearm` finds to be promised, by stream."""
    events = []
    async for part in Reviewer(office.ingest.service, office.pool, office.clock, "upgrade").run():
        assert (part.failed, part.parked) == ({}, [])
        events += part.events
    return [(event.stream_id, event.data) for event in events]


async def deadlines(office: Office) -> list[str]:
    """Whose promises have a deadline that will come."""
    rows = await office.pool.fetch("select distinct stream_id from timer where name like 'owed/%' order by stream_id")
    return [row["stream_id"].removeprefix("customer/") for row in rows]


async def once_more(office: Office, name: str) -> Given:
    """The next word to a customer, that it is as it was."""
    said = await office.pool.fetchval(
        "select data from event where stream_id = $1 and type = 'customer.touched.v1' order by version desc limit 1",
        f"customer/{name}",
    )
    known = msgspec.json.decode(said, type=CustomerTouched)
    return record_of(
        f"again-{name}", msgspec.structs.replace(known, outage_version=known.outage_version + 1), partition=0
    )


def record_of(id_: str, data: CustomerTouched | CustomerReplied, partition: int) -> Given:
    """A word to a customer's conversation as it lies on its topic."""
    event = CloudEvent(source="/outage/notifier", id=id_, type=TYPE_OF[type(data)], time=NOW, data=data)
    return given_by(to_kafka(event, audience.TOPIC), partition)


def given_by(message: KafkaMessage, partition: int) -> Given:
    """A record for the release before."""
    assert message.value is not None
    headers = {name: value.decode() for name, value in message.headers}
    value, key = message.value.decode(), message.key.decode()
    return {"topic": message.topic, "partition": partition, "key": key, "headers": headers, "value": value}


async def reads(before: Path, office: Office, records: Sequence[Given]) -> list[str]:
    """What becomes of each where a pod of the release before reads them."""
    said = await run(before, "reads.py", office.dsn, given=json.dumps(records))
    return [line for line in said.splitlines() if line == "taken" or STOPS in line]
