"""What a watcher sees: every event in a line of words, only what was asked for, each once."""

from datetime import timedelta
from io import StringIO
from typing import Any

import msgspec
import pytest
from rich.console import Console

from operations.history.decoding import decoded
from operations.times import DayTimes
from outagectl.commands.watch.filter import WatchFilter
from outagectl.commands.watch.lines import EarlierEvents, WatchedEvent, about, read, tone, what
from outagectl.commands.watch.screen import EventFeed, Screen
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import audience, dispatch, messages
from schemas.contracts.all_types import REGISTRY
from schemas.golden import EXAMPLES
from schemas.golden.words import Example
from services.kernel.model import Record
from tests.kits.kernel.toy import START

T = DayTimes(today=START.date())


def told(type_: str, data: dict[str, Any], **changes: Any) -> WatchedEvent:
    given = {
        "at": START,
        "topic": dispatch.TOPIC,
        "key": "f1",
        "who": "dispatch/east",
        "source": "/dispatch/east",
        "id": f"{type_}/{sorted(data.items())}",
        "type": type_,
        "event": decoded(type_, data),
    }
    return WatchedEvent(**{**given, **changes})


def requested(message_id: str = "m1", mrid: str = "f1", customer: str = "DJ-1") -> WatchedEvent:
    data = {"messageId": message_id, "customerId": customer, "contactId": f"{customer}-duty"}
    more = {"mrids": [mrid], "trigger": "restored", "lane": "key", "reason": "restoration-confirmed"}
    return told("message.requested.v1", {**data, **more}, topic=messages.TOPIC, key=customer, who="notifier")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.type}-{one.topic}")
def test_every_event_there_is_reads_as_one_line(example: Example) -> None:
    struct = msgspec.convert(example.data, REGISTRY[example.type].struct)
    event = CloudEvent(source="/somebody", id="1", type=example.type, time=START, subject=example.subject, data=struct)
    topic = example.topic or next(iter(REGISTRY[example.type].topics))
    made = to_kafka(event, topic)
    one = read(Record(topic, 0, 0, made.key, made.value, dict(made.headers), START))
    assert one.problem is None
    line = what(one, EarlierEvents(), T)
    assert line
    assert "\n" not in line
    assert "no words for it" not in line
    assert about(one, EarlierEvents())


def test_what_cannot_be_read_is_told_without_its_content() -> None:
    record = Record(
        dispatch.TOPIC, 0, 0, b"f1", b"+447700900123", {"ce_id": b"9", "ce_source": b"/dispatch/east"}, START
    )
    one = read(record)
    line = what(one, EarlierEvents(), T)
    assert "cannot be read" in line
    assert "/dispatch/east/9" in line
    assert "7700" not in line
    assert tone(one) == "red"


def test_a_text_is_named_by_what_it_says_once_it_was_heard_of() -> None:
    memory = EarlierEvents()
    memory.learn(requested())
    accepted = told("message.accepted.v1", {"messageId": "m1", "providerSid": "SM1", "provider": "twilio"})
    memory.learn(accepted)
    assert what(accepted, memory, T) == "twilio took “power back” to DJ-1-duty"
    receipt = told("receipt.received.v1", {"provider": "twilio", "providerSid": "SM1", "status": "sent"})
    assert about(receipt, memory) == "DJ-1 f1"
    assert "text SM9" in what(told("receipt.received.v1", {"providerSid": "SM9", "status": "sent"}), memory, T)


def test_a_verdict_says_what_had_been_promised() -> None:
    memory = EarlierEvents()
    memory.learn(told("promise.made.v1", {"promiseId": "p1", "obligation": "crew-on-site"}))
    due = (START + timedelta(minutes=45)).isoformat()
    broken = told("promise.broken.v1", {"promiseId": "p1", "dueAt": due, "rule": {"ruleId": "r1"}, "reason": "late"})
    assert what(broken, memory, T) == f"promise broken: a crew on site by {T.text(due)} (late, r1)"


FACT = told("outage.started.v1", {"mRID": "f1", "extent": {"lines": ["10千伏城东线"]}})
CREW = told("crew.status.v1", {"mRID": "f1", "crewStatus": "arrived"})
OTHER = told("crew.status.v1", {"mRID": "f2", "crewStatus": "arrived"}, key="f2")
NOTE = told("customer.touched.v1", {"mRID": "f1", "customerId": "DJ-1"}, topic=audience.TOPIC, who="notifier")
DELIVERED = told("message.delivered.v1", {"messageId": "m1", "customerId": "DJ-1"}, who="notifier", key="DJ-1")
ALL = (FACT, CREW, OTHER, NOTE, requested(), DELIVERED)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (WatchFilter(), (FACT, CREW, OTHER, requested(), DELIVERED)),
        (WatchFilter(notes=True), ALL),
        (WatchFilter(outage="f1"), (FACT, CREW, requested(), DELIVERED)),
        (WatchFilter(line="10 千伏城東线".replace("東", "东")), (FACT, CREW, requested(), DELIVERED)),
        (WatchFilter(line="another"), ()),
        (WatchFilter(customer="DJ-1"), (requested(), DELIVERED)),
        (WatchFilter(customer="DJ-1", notes=True), (NOTE, requested(), DELIVERED)),
        (WatchFilter(service="dispatch"), (FACT, CREW, OTHER)),
        (WatchFilter(type="message.*"), (requested(), DELIVERED)),
        (WatchFilter(type="customer.touched"), (NOTE,)),
        (WatchFilter(type="crew.status.v1", outage="f2"), (OTHER,)),
    ],
)
def test_only_what_was_asked_for_is_shown(wanted: WatchFilter, seen: tuple[WatchedEvent, ...]) -> None:
    memory = EarlierEvents()
    found = []
    for one in ALL:
        memory.learn(one)
        if wanted.wants(one, memory):
            found.append(one)
    assert found == list(seen)


def screen() -> tuple[Screen, StringIO]:
    out = StringIO()
    return Screen(Console(file=out, width=100), DayTimes(), json=False), out


def test_what_was_published_twice_is_told_once() -> None:
    shown, out = screen()
    story = EventFeed(WatchFilter(), EarlierEvents(), shown)
    for _ in range(2):
        story.tell(CREW)
    assert out.getvalue().count("Crew arrived") == 1


def test_a_new_day_is_announced_and_lines_in_a_pipe_are_never_broken() -> None:
    shown, out = screen()
    story = EventFeed(WatchFilter(), EarlierEvents(), shown)
    story.tell(FACT)
    long = {"mRID": "f1", "reason": "x" * 300, "revisionNumber": 1, "cancelledAt": START.isoformat()}
    story.tell(told("planned.cancelled.v1", long, at=START + timedelta(days=1)))
    lines = out.getvalue().splitlines()
    assert [line for line in lines if line.startswith("──")] == [lines[0], lines[2]]
    assert len(lines) == 4


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(Console(file=StringIO()), DayTimes(), json=True).told(FACT, EarlierEvents())
    (line,) = capsys.readouterr().out.splitlines()
    document = msgspec.json.decode(line)
    assert (document["type"], document["who"], document["data"]["mRID"]) == ("outage.started.v1", "dispatch/east", "f1")
