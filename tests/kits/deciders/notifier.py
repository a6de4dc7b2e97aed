"""Run a small city's notifier without a database: streams folded in memory, the audience fed back, a sender that obeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from schemas.contracts import audience, dispatch, notices, restorations
from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.base import Extent, Period
from schemas.contracts.customers import Contact, CustomerErased, CustomerUpserted
from schemas.contracts.dispatch import FieldFact
from schemas.contracts.messages import MessageRequested
from schemas.upcast import upcast
from services.concerned.matching import pairs
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, TimerFired
from services.notifier.domain import events
from services.notifier.domain.customer.awaited_proof import SETTLE
from services.notifier.domain.customer.conversation import Customer, RequestedText
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.events import (
    AudienceDenied,
    AudienceDue,
    AudienceNext,
    AudienceRefresh,
)
from services.notifier.domain.fanout.decider import NotifierFanout
from services.notifier.domain.outage.decider import NotifierOutage
from services.notifier.domain.outage.joined import TruthJoins
from services.notifier.domain.replies.handset import NotifierHandset
from services.notifier.domain.wording.templates import UtilityVoice
from services.plausibility.judging import HAPPENED
from services.policy.model import Telling
from tests.kits.deciders.fanout_tables import PaperTables
from tests.kits.deciders.handing_on import hand_on
from tests.kits.deciders.phone import Diary, Handsets, Phone
from tests.kits.deciders.provider import Provider

ZONE: tzinfo = ZoneInfo("Asia/Shanghai")
VOICE = UtilityVoice("东江供电公司", "95598", ZONE, {"en": "Dongjiang Power"})
AT_ONCE = Telling(settling=timedelta(0), group_wait=timedelta(0))
LINE, AREA = "10千伏城东线", "中山路一带"
WHERE = Extent(lines=(LINE,), areas=(AREA,))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORDS = {**STRUCTS, **events.STRUCTS, TIMER_FIRED: TimerFired}
_TYPES = {**TYPE_OF, **{struct: name for name, struct in events.STRUCTS.items()}, TimerFired: TIMER_FIRED}


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """Local time in March 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def span(start: datetime, end: datetime) -> Period:
    return Period(start=start, end=end)


def customer(name: str = "hospital", **changes: Any) -> CustomerUpserted:
    given: dict[str, Any] = {
        "customer_id": name,
        "name": "东江医院",
        "address": "中山路18号",
        "importance": "first",
        "lines": (LINE,),
        "areas": (AREA,),
        "contacts": (Contact(contact_id=f"{name}-duty", rank=1), Contact(contact_id=f"{name}-head", rank=2)),
        "updated_at": at(1, 0),
    }
    return CustomerUpserted(**{**given, **changes})


class City(Provider, Handsets):
    """Time, the outages, the customers. What is decided for one customer reaches them at once unless `hold` is set.

    Fan-outs run to their end at once, in chunks of `chunk`, unless `pause` is set; then `fan` does it. Ends settle at once,
    unless `telling` has a settling time: then time must pass (`moves_to`), and as in the kernel all words that were sent by then
    must have come.
    """

    def __init__(
        self,
        now: datetime,
        *customers: CustomerUpserted,
        accept: bool = True,
        chunk: int = 1_000,
        telling: Telling = AT_ONCE,
    ) -> None:
        self.now = now
        self.prompt = not telling.settling
        self.found: Sequence[str] = ()
        """What by the tables holds whoever's end is to be told, where a test says so."""
        self.pause = False
        self.tables = PaperTables(chunk)
        self.accept = accept
        self.hold = False
        self.held: list[msgspec.Struct] = []
        self.handed: dict[str, int] = {}
        self.deciders: Mapping[str, Any] = {
            "outage": NotifierOutage(),
            "fanout": NotifierFanout(),
            "customer": NotifierCustomer(VOICE, telling),
            "handset": NotifierHandset(),
        }
        self.states: dict[str, Any] = {}
        self.seen: dict[str, Any] = {}
        """By stream, the state of which it was last held that its view survives JSON."""
        self.armed: dict[str, tuple[Any, Any, Mapping[str, datetime]]] = {}
        """By stream, the state, its decider and the timers that they had: asked for at every turn, they are made once for each."""
        self.log: dict[str, list[Event]] = {}
        self.decisions: list[tuple[str, Decision]] = []
        self.registry: dict[str, CustomerUpserted] = {}
        for one in customers:
            self.hears(one)

    def branch(self) -> City:
        """The city as it is now, to go on in a way of its own."""
        other = copy(self)
        other.tables = deepcopy(self.tables)
        for name in ("held", "handed", "states", "seen", "armed", "decisions", "registry"):
            setattr(other, name, copy(getattr(self, name)))
        other.log = {stream: list(events) for stream, events in self.log.items()}
        return other

    def hears(self, data: msgspec.Struct) -> Decision:
        """A fact of any kind arrives, for the stream its kind belongs to."""
        mrid = getattr(data, "mrid", None)
        own = getattr(data, "customer_id", None)
        decision = self.tell(f"customer/{own}" if own else f"outage/{mrid}", data)
        if decision.events and isinstance(data, CustomerUpserted | CustomerErased):
            self._registered(data)
        hand_on(self)
        if not self.pause:
            self.fan()
        if self.prompt:
            self.settle()
        return decision

    def settle(self) -> None:
        """Whatever ended and is due to be said, is."""
        for stream in [name for name in self.states if name.startswith("customer/")]:
            due_at = self.timers(stream).get(SETTLE)
            if due_at is not None and due_at <= self.now:
                self.tell(stream, TimerFired(name=SETTLE, due_at=due_at))

    def timers(self, stream: str) -> Mapping[str, datetime]:
        """What is armed in a stream."""
        state, decider = self.states[stream], self.deciders[stream.partition("/")[0]]
        known = self.armed.get(stream)
        if known is None or known[0] is not state or known[1] is not decider:
            self.armed[stream] = known = (state, decider, decider.timers(state))
        return known[2]

    def _registered(self, data: CustomerUpserted | CustomerErased) -> None:
        """What the registry's tables do when a customer's stream takes a change."""
        name = data.customer_id
        before = self.registry.pop(name, None)
        places = set(pairs(before)) if before else set()
        if isinstance(data, CustomerUpserted):
            self.registry[name] = data
            now = set(pairs(data))
            if before is not None and places == now and before.supplies == data.supplies:
                return
            places |= now
        self.tables.changed(name, len(self.log[f"customer/{name}"]), places, forget=isinstance(data, CustomerErased))

    def fan(self) -> None:
        """Tell and match again until nothing is left to do."""
        pause, self.pause = self.pause, True
        while self.next_chunk() or self.next_rematch():
            pass
        self.pause = pause
        if self.prompt:
            self.settle()

    def next_chunk(self) -> bool:
        for mrid, job in sorted(self.tables.jobs.items(), key=lambda item: (item[1].chunks, item[0])):
            if not job.done:
                version, number = job.due.outage_version, job.chunks + 1
                asked = AudienceNext(mrid=mrid, outage_version=version, number=number)
                self.tell(f"fanout/{mrid}/{version}/{number}", asked)
                return True
        return False

    def next_rematch(self) -> bool:
        for name in sorted(self.tables.rematch):
            version, forget, _ = self.tables.rematch[name]
            for mrid in self.tables.outages_of(name):
                self.refresh(mrid, name, version, forget=forget)
            del self.tables.rematch[name]
            return True
        return False

    def refresh(self, mrid: str, name: str, version: int, *, forget: bool = False) -> Decision:
        asked = AudienceRefresh(mrid=mrid, customer_id=name, customer_version=version, forget=forget)
        return self.tell(f"fanout/{mrid}/registry/{name}/{version}", asked)

    def _recorded(self, data: msgspec.Struct) -> datetime:
        """When a fact came to the broker: now, or where a story runs ahead of its clock, when it says it happened."""
        name = HAPPENED.get(type(data)) if isinstance(data, FieldFact) else None
        said = [getattr(data, name)] if name else [getattr(data, "restored_at", None) or self.now]
        return max(self.now, *said)

    def tell(self, stream: str, data: msgspec.Struct, recorded: datetime | None = None) -> Decision:
        type_ = _TYPES[type(data)]
        key, recorded = stream.partition("/")[2], recorded or self._recorded(data)
        message = Message("/test", str(uuid4()), type_, self.now, data, key, 0, recorded_at=recorded)
        decider = self.deciders[stream.partition("/")[0]]
        state = self.states.setdefault(stream, decider.initial(stream))
        asked = isinstance(data, AudienceNext | AudienceRefresh)
        facts: Any = self.tables.facts(data, self.registry) if asked else None
        if stream.startswith("customer/"):
            facts = self.found
        elif stream.startswith("handset/"):
            facts = self.known_of(key)
        decision: Decision = decider.decide(state, facts, message, self.now)
        assert decision == decider.decide(state, facts, message, self.now), "the same input, another decision"
        self._append(stream, decider, decision)
        self.decisions.append((stream, decision))
        if isinstance(data, TimerFired):
            left = self.timers(stream)
            assert left.get(data.name) != data.due_at, f"{data.name} fired and is still armed"
        if asked and decision.events:
            self.tables.told(self.log[stream][-len(decision.events) :])
        for event in decision.events:
            if isinstance(event.data, AudienceDue | AudienceDenied):
                self.tables.due(event.data, self.registry)
            elif isinstance(event.data, TruthJoins) and stream == f"outage/{event.data.into}":
                self.tables.take_over(event.data.into, event.data.mrid)
            elif event.topic == audience.TOPIC:
                if self.hold:
                    self.held.append(event.data)
                else:
                    self.tell(f"customer/{event.key}", event.data)
            elif isinstance(event.data, MessageRequested) and self.accept:
                self.accepts(event.data.customer_id)
        return decision

    def _append(self, stream: str, decider: Any, decision: Decision) -> None:
        for new in decision.events:
            # Through JSON, as the log does: nothing may live in the state that does not survive it.
            type_, form = upcast(new.type, msgspec.json.decode(msgspec.json.encode(new.data)))
            data = msgspec.convert(form, WORDS[type_])
            log = self.log.setdefault(stream, [])
            event = Event(stream, len(log) + 1, uuid4(), type_, data, self.now, "/test/x", decision.reason)
            log.append(event)
            self.states[stream] = decider.evolve(self.states[stream], event)
        if self.seen.get(stream) is not self.states[stream]:
            view = decider.view(self.states[stream])
            assert msgspec.json.decode(msgspec.json.encode(view)) == view
            self.seen[stream] = self.states[stream]

    def release(self, order: Sequence[int] | None = None) -> None:
        """Let held audience messages through, in the order given by index."""
        held, self.held, self.hold = self.held, [], False
        for index in order if order is not None else range(len(held)):
            self.hears(held[index])

    def of(self, name: str = "hospital") -> Customer:
        state: Customer = self.states[f"customer/{name}"]
        return state

    def texts(self, name: str = "hospital", *states: str) -> list[RequestedText]:
        return [text for text in self.of(name).texts.values() if not states or text.state in states]

    def requests(self, name: str = "hospital") -> list[MessageRequested]:
        return [e.data for e in self.log[f"customer/{name}"] if isinstance(e.data, MessageRequested)]

    def reached(self, name: str = "hospital") -> list[str]:
        """Triggers of the texts that reached a provider, in the order they were asked for."""
        return [text.trigger for text in self.texts(name, "accepted", "delivered")]

    def phone(self, name: str = "hospital") -> Phone:
        return Phone([request.body for request in self.requests(name)])

    def diary(self, *names: str) -> Diary:
        """What the handset of these customers holds: what was taken back before it went is not on it."""
        gone = [
            (max(one.requested_at, one.not_before).astimezone(ZONE), one.body)
            for name in names or ("hospital",)
            for one in self.requests(name)
            if (text := self.of(name).texts.get(one.message_id)) is None or text.state in ("accepted", "delivered")
        ]
        return Diary(sorted(gone, key=lambda text: text[0]))

    def last(self, name: str = "hospital") -> str:
        return self.requests(name)[-1].body

    def kinds(self, name: str = "hospital") -> list[str]:
        return [event.type for event in self.log[f"customer/{name}"]]

    def moves_to(self, instant: datetime) -> None:
        """Time passes; timers fire on the way, each at its instant."""
        while True:
            due = [
                (due_at, stream, name)
                for stream in self.states
                for name, due_at in self.timers(stream).items()
                if due_at <= instant
            ]
            if not due:
                break
            due_at, stream, name = min(due)
            self.now = max(self.now, due_at)
            self.tell(stream, TimerFired(name=name, due_at=due_at))
            if not self.pause:
                self.fan()
        self.now = max(self.now, instant)


def started(mrid: str = "F1", when: datetime | None = None, **changes: Any) -> dispatch.OutageStarted:
    given: dict[str, Any] = {
        "mrid": mrid,
        "outage_class": "fault",
        "started_at": when or at(5, 9, 12),
        "extent": WHERE,
    }
    return dispatch.OutageStarted(**{**given, **changes})


def no_outage(when: datetime, mrid: str = "F1", **changes: Any) -> dispatch.OutageWithdrawn:
    """Dispatch says that there was none."""
    return dispatch.OutageWithdrawn(mrid=mrid, withdrawn_at=when, **changes)


def corrected(when: datetime, mrid: str = "F1", **changes: Any) -> dispatch.OutageCorrected:
    return dispatch.OutageCorrected(mrid=mrid, corrected_at=when, **changes)


def ert(when: datetime | None, changed_at: datetime, mrid: str = "F1", **changes: Any) -> dispatch.ErtChanged:
    return dispatch.ErtChanged(mrid=mrid, changed_at=changed_at, ert=when, **changes)


def crew(status: Any = "assigned", when: datetime | None = None, mrid: str = "F1") -> dispatch.CrewStatus:
    return dispatch.CrewStatus(mrid=mrid, crew_status=status, at=when or at(5, 9, 20))


def confirmed(when: datetime | None = None, mrid: str = "F1", **changes: Any) -> restorations.RestorationConfirmed:
    when = when or at(5, 13, 40)
    return restorations.RestorationConfirmed(
        mrid=mrid, restored_at=when, confirmed_at=when, reason="all-restored", **changes
    )


def part(restored: Extent, remaining: Extent, when: datetime, mrid: str = "F1") -> restorations.RestorationPart:
    return restorations.RestorationPart(mrid=mrid, step=1, restored_at=when, restored=restored, remaining=remaining)


def published(mrid: str = "P1", period: Period | None = None, **changes: Any) -> notices.NoticePublished:
    given: dict[str, Any] = {
        "mrid": mrid,
        "notice_id": f"{mrid}/1",
        "revision_number": 1,
        "version": 1,
        "outage_class": "planned",
        "published_at": at(3, 9),
        "planned_period": period or span(at(12, 8), at(12, 17)),
        "extent": WHERE,
    }
    return notices.NoticePublished(**{**given, **changes})


def amended(period: Period, mrid: str = "P1", version: int = 2, **changes: Any) -> notices.NoticeAmended:
    given: dict[str, Any] = {
        "mrid": mrid,
        "notice_id": f"{mrid}/{version}",
        "revision_number": version,
        "version": version,
        "outage_class": "planned",
        "published_at": at(4, 9),
        "planned_period": period,
        "extent": WHERE,
        "supersedes": f"{mrid}/{version - 1}",
        "previous_period": span(at(12, 8), at(12, 17)),
        "change": "moved",
    }
    return notices.NoticeAmended(**{**given, **changes})


def withdrawn(mrid: str = "P1", version: int = 1) -> notices.NoticeWithdrawn:
    return notices.NoticeWithdrawn(
        mrid=mrid,
        notice_id=f"{mrid}/{version}",
        version=version,
        withdrawn_at=at(6, 9),
        planned_period=span(at(12, 8), at(12, 17)),
        reason="cancelled-by-dispatch",
    )
