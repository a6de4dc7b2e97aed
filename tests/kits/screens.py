"""Render every event there is, in every shape, as each screen tells it: history, watch and log book.

`python -m tests.kits.screens` writes the lines down again, after a change of words that is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from demo.logbook.news import News
from demo.logbook.promises import PromiseWords
from demo.logbook.times import BookTimes, Line
from demo.logbook.words import line as book_line
from demo.logbook.words import speaks
from operations.history.history import HistoryEntry
from operations.times import DayTimes, Times
from outagectl.commands.show.text import notes
from outagectl.commands.watch.lines import EarlierEvents, about, read, tone, what
from outagectl.words.sentences import in_words
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import (
    audience,
    customers,
    dispatch,
    messages,
    network,
    notices,
    quarantine,
    receipts,
    restorations,
)
from schemas.contracts.all_types import REGISTRY, key_of
from schemas.contracts.duty import tasks
from schemas.contracts.evidence import meters, replies
from schemas.golden import EXAMPLES
from services.kernel.model import Record
from services.notifier.domain import events as of_notifier
from services.planner.domain import events as of_planner
from services.restorer.domain import events as of_restorer
from tests.kits.kernel.toy import START
from tests.kits.logbook import a_story

GOLDEN = Path(__file__).parents[1] / "unit" / "demo" / "logbook" / "screens.txt"
ZONE = ZoneInfo("Asia/Shanghai")
STRUCTS = {
    **{name: contract.struct for name, contract in REGISTRY.items()},
    **of_notifier.STRUCTS,
    **of_planner.STRUCTS,
    **of_restorer.STRUCTS,
}
SERVICES = {
    dispatch.TOPIC: "planner",
    notices.TOPIC: "planner",
    restorations.TOPIC: "restorer",
    audience.TOPIC: "notifier",
    messages.TOPIC: "notifier",
    network.TOPIC: "notifier",
    meters.TOPIC: "restorer",
    replies.TOPIC: "restorer",
    customers.TOPIC: "notifier",
    receipts.TOPIC: "notifier",
    tasks.TOPIC: "notifier",
    quarantine.TOPIC: "notifier",
}
Data = Mapping[str, Any]
AT = "2026-03-05T09:12:30+08:00"
LATER = "2026-03-05T11:00:00+08:00"
PERIOD = {"start": "2026-03-12T08:00:00+08:00", "end": "2026-03-12T17:00:00+08:00"}
TEXT = {"messageId": "m-1", "customerId": "DJ-1"}
ATTEMPT = {**TEXT, "attempt": 1, "provider": "twilio", "providerSid": "SM1", "at": AT}
OUTAGE = {"mRID": "F1", "outageVersion": 3}
SAID = {"customerId": "DJ-1", "thread": "supply", "says": "out/11"}
TRUTH = {"outage_class": "fault", "status": "out", "extent": {"lines": ["L1"]}}
ALARM = {"customerId": "DJ-1", "kind": "end-unproven", "at": AT}
MEANT = {
    "messageId": "m-1",
    "thread": "notice/P1",
    "says": "noticed/P1",
    "believes": "noticed",
    "period": PERIOD,
    "since": AT,
    "ert": LATER,
    "nextWordBy": LATER,
    "breaches": ["P1/overran"],
    "restoredAt": LATER,
    "steadyMinutes": 30,
    "changesAt": "2026-03-12T08:00:00+08:00",
    "waitsUntil": LATER,
    "waitsFor": "later-work",
}
HELD = {
    "mRID": "F1",
    "questionId": "Q-1",
    "factType": "outage.started.v1",
    "cause": "/dispatch/1",
    "body": "{}",
    "field": "startedAt",
    "given": LATER,
    "against": AT,
    "reason": "happened-in-the-future",
    "held": "field",
}
REFERRED = {
    "noticeId": "P1/1",
    "version": 1,
    "outageClass": "planned",
    "plannedPeriod": PERIOD,
    "extent": {"lines": ["L1"]},
    "publishedAt": AT,
}
OWN: Mapping[str, tuple[str, Data]] = {
    "sending.accepted.v1": ("notifier", {**ATTEMPT, "foundBy": "callback"}),
    "sending.refused.v1": ("notifier", {**TEXT, "attempt": 1, "reason": "blocked", "code": 21610, "at": AT}),
    "sending.expired.v1": ("notifier", {**TEXT, "at": AT}),
    "sending.no-room.v1": ("notifier", {**TEXT, "until": AT, "reason": "handset-full", "at": AT}),
    "sending.receipt.v1": ("notifier", {**ATTEMPT, "status": "delivered"}),
    "audience.matched.v1": ("notifier", {**OUTAGE, "touched": ["c1", "c2", "c3", "c4"], "left": ["c5"]}),
    "audience.due.v1": ("notifier", {**OUTAGE, "truth": TRUTH, "trigger": "outage.started.v1"}),
    "audience.next.v1": ("notifier", {**OUTAGE, "number": 2}),
    "audience.refresh.v1": ("notifier", {"mRID": "F1", "customerId": "DJ-1", "customerVersion": 2}),
    "audience.chunk.v1": ("notifier", {**OUTAGE, "number": 2, "said": 3, "seen": 1000, "told": 7}),
    "audience.rematched.v1": ("notifier", {**OUTAGE, "customerId": "DJ-1", "said": 3, "told": True}),
    "text.meant.v1": ("notifier", MEANT),
    "text.hushed.v1": ("notifier", {**SAID, "mrids": ["F1"], "until": LATER, "reason": "talked-enough"}),
    "text.unsayable.v1": ("notifier", SAID),
    "text.doubled.v1": ("notifier", {**TEXT, "firstSid": "SM1", "secondSid": "SM2", "at": AT}),
    "watch.fired.v1": ("notifier", {"customerId": "DJ-1", "name": "say/supply", "dueAt": LATER}),
    "words.settled.v1": ("notifier", {"customerId": "DJ-1", "dueAt": LATER}),
    "words.held.v1": ("notifier", {"customerId": "DJ-1", "dueAt": LATER, "mrids": ["F1", "F2"]}),
    "alarm.raised.v1": ("notifier", {**ALARM, "mrids": ["F1"]}),
    "alarm.over.v1": ("notifier", ALARM),
    "informing.rechecked.v1": ("notifier", {"promiseId": "P1/inform", "at": AT}),
    "absence.asked.v1": ("notifier", {"mRID": "F1", "missingAt": AT, "at": LATER}),
    "notice.referred.v1": ("planner", {"mRID": "F1", "planMRID": "P1", "notice": REFERRED}),
    "work.unbegun.v1": ("planner", {"mRID": "P1", "noticed": PERIOD, "extent": {"lines": ["L1"]}}),
    "fact.held.v1": ("restorer", HELD),
    "outage.closed.v1": ("restorer", {"mRID": "F1", "closedAt": LATER, "restoredAt": AT, "episode": 1}),
    "fact.answered.v1": ("restorer", {"mRID": "F1", "questionId": "Q-1", "accept": True, "by": "Wang", "reason": "so"}),
}
# Shapes that need more than one field to be what they are.
MORE: tuple[tuple[str, Data], ...] = (
    ("plan.accepted.v1", {"warnings": ["safety-cut", "safety-cut-gap:end-missing", "safety-cut-gap:notice-too-short"]}),
    ("plan.accepted.v1", {"warnings": ["scheme-gap:scheme-out-of-sequence", "unverified-rule:r"]}),
    ("plan.accepted.v1", {"warnings": ["exception-used:r"]}),
    ("plan.accepted.v1", {"findings": [{"rule": {"policyId": "p", "policyVersion": "1", "ruleId": "r"}}]}),
    ("notice.amended.v1", {"previousPeriod": PERIOD, "plannedPeriod": PERIOD}),
    ("outage.started.v1", {"ert": None, "nextUpdateAt": None, "extent": {}}),
    ("ert.changed.v1", {"ert": None, "nextUpdateAt": LATER}),
    ("ert.changed.v1", {"ert": None, "nextUpdateAt": None}),
    ("curtailment.ordered.v1", {"extent": {"usagePoints": ["u1"]}}),
    ("supply.restored.v1", {"scope": "part", "extent": {"areas": ["a1"], "transformers": ["t1"]}}),
    ("contact.unreached.v1", {"reason": "power-back-cannot-be-proven", "explanation": None}),
    ("contact.unreached.v1", {"reason": "power-said-to-be-back-and-not-confirmed"}),
    ("promise.made.v1", {"obligation": "crew-on-site"}),
    ("promise.made.v1", {"obligation": "dance-on-tables"}),
)


def examples() -> Iterator[tuple[str, str, Data]]:
    """Service, type and data of one event of each type."""
    seen: set[str] = set()
    for one in EXAMPLES:
        if one.type not in seen:
            seen.add(one.type)
            topic = one.topic or min(REGISTRY[one.type].topics)
            yield SERVICES[topic], one.type, one.data
    for name, (service, data) in OWN.items():
        yield service, name, data


def shapes() -> Iterator[tuple[str, str, str, Data]]:
    """Every event in full, with each part left out that may be, and with each word in turn where there is a choice."""
    base = {name: (service, data) for service, name, data in examples()}
    for name, (service, data) in base.items():
        yield service, name, "in full", data
        struct = STRUCTS[name]
        hints = get_type_hints(struct)
        infos = {one.name: one for one in msgspec.structs.fields(struct)}
        for own, info in infos.items():
            if not info.required and info.encode_name in data:
                less = {key: value for key, value in data.items() if key != info.encode_name}
                yield service, name, f"without {info.encode_name}", less
            for choice in _choices(hints[own]):
                if data.get(info.encode_name) != choice:
                    yield service, name, f"{info.encode_name}={choice}", {**data, info.encode_name: choice}
    for name, change in MORE:
        service, data = base[name]
        yield service, name, f"with {change}", _without_none({**data, **change})


def _without_none(data: Data) -> Data:
    return {key: value for key, value in data.items() if value is not None}


def _choices(hint: Any) -> tuple[Any, ...]:
    if hint is bool:
        return (True, False)
    if get_origin(hint) is Literal:
        return get_args(hint)
    return ()


def entry(service: str, name: str, data: Data) -> HistoryEntry:
    """An entry of a log."""
    return HistoryEntry(
        at=START,
        service=service,
        stream_id="outage/F1",
        version=1,
        event_id="e1",
        type=name,
        data=data,
        reason="recorded",
        cause="/dispatch/east/1",
        chain="ab",
        position=1,
    )


def told() -> Iterator[str]:
    """Every event in full on every screen; of its other shapes those lines that read otherwise."""
    full: tuple[str, list[str]] = ("", [])
    for service, name, shape, data in shapes():
        lines = list(_on_every_screen(entry(service, name, data)))
        if shape == "in full":
            full = (name, lines)
        elif full[0] == name and not (lines := [line for line in lines if line not in full[1]]):
            continue
        yield f"# {name}, {shape}"
        yield from lines


def _on_every_screen(one: HistoryEntry) -> Iterator[str]:
    book, times = BookTimes(ZONE, "Asia/Shanghai").on(START), Times(ZONE, "Asia/Shanghai")
    yield f"history: {in_words(one.type, one.data, times)}"
    yield from (f"    {note}" for note in notes(one, times))
    yield from _watched(one)
    if one.type.startswith("promise."):
        yield from _in_book(PromiseWords().line(one, book))
    elif speaks(one):
        yield from _in_book(book_line(one, book))


def _in_book(line: Line) -> Iterator[str]:
    yield f"book: {line.who} · {line.what} · {line.tone} · {line.about}"
    yield from (f"    {note}" for note in line.notes)
    if line.body is not None:
        yield f"    | {line.body}"


def _watched(one: HistoryEntry) -> Iterator[str]:
    if one.type not in REGISTRY:
        return
    try:
        struct = msgspec.convert(one.data, REGISTRY[one.type].struct)
    except msgspec.ValidationError:
        return
    topic = min(REGISTRY[one.type].topics)
    subject = key_of(topic, struct) or "k"
    event = CloudEvent(source="/somebody", id="1", type=one.type, time=START, subject=subject, data=struct)
    made = to_kafka(event, topic)
    heard = read(Record(topic, 0, 0, made.key, made.value, dict(made.headers), START))
    memory, times = EarlierEvents(), DayTimes(ZONE, "Asia/Shanghai", START.date())
    first = f"{about(heard, memory)} · {what(heard, memory, times)}"
    yield f"watch: {heard.who} · {first} · {tone(heard) or 'plain'}"
    memory.learn(heard)
    if (again := f"{about(heard, memory)} · {what(heard, memory, times)}") != first:
        yield f"watch, once it is known: {again}"


def whole_book() -> Iterator[str]:
    """A book in which every event happens, one a minute, first in full and then in its other shapes."""
    story = a_story()
    entries = [
        replace(
            entry(service, name, data),
            at=START + timedelta(minutes=number // 7),
            event_id=str(number),
            version=number,
            cause=f"/dispatch/east/{number}",
        )
        for number, (service, name, _, data) in enumerate(shapes())
    ]
    yield "# the whole book"
    for line in story.lines(News(entries)):
        yield from _in_book(line)


def screens() -> str:
    """All of it."""
    return "\n".join((*told(), *whole_book(), ""))


if __name__ == "__main__":
    GOLDEN.write_text(screens(), encoding="utf-8")
