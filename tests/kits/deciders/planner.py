"""Run a planner's stream in memory: fold decide and evolve as the kernel does, and make plans in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.base import Extent, Period, Wire
from schemas.contracts.dispatch import (
    FieldFact,
    OutageStarted,
    PlanBody,
    PlannedAmended,
    PlannedCancelled,
    PlannedRequested,
)
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, NewEvent, TimerFired
from services.planner.domain import events as of_planner
from services.planner.domain.decider import PlannerOutage
from services.planner.domain.state import PlanState
from services.planner.domain.verdict.other_work import OtherWork
from services.plausibility.judging import HAPPENED
from services.policy import load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from tests.kits.promises import Lives

POLICY = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar()
PLANNER = PlannerOutage(POLICY, CALENDAR)
KNOWN = {**STRUCTS, **of_planner.STRUCTS}
MRID = "PW-2026-0311"
CITY = Extent(lines=("10千伏城东线",), areas=("中山路一带",), transformers=("中山路2号公变",))


def at(text: str) -> datetime:
    """An instant of the utility's wall clock: "2026-03-05 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone).astimezone(UTC)


NOW = at("2026-03-02 09:00")


def span(start: str, end: str) -> Period:
    return Period(start=at(start), end=at(end))


LAWFUL = span("2026-03-12 08:00", "2026-03-12 17:00")
SHORT = span("2026-03-06 08:00", "2026-03-06 17:00")


def _body(revision: int, period: Period, extent: Extent, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "mrid": MRID,
        "revision_number": revision,
        "outage_class": "planned",
        "planned_period": period,
        "extent": extent,
        "requested_at": NOW,
        "reason": "线路检修",
        **more,
    }


def request(revision: int = 1, period: Period = LAWFUL, extent: Extent = CITY, **more: Any) -> PlannedRequested:
    return PlannedRequested(**_body(revision, period, extent, more))


def amend(revision: int, period: Period = LAWFUL, extent: Extent = CITY, **more: Any) -> PlannedAmended:
    return PlannedAmended(**_body(revision, period, extent, more))


def cancel(revision: int) -> PlannedCancelled:
    return PlannedCancelled(mrid=MRID, revision_number=revision, cancelled_at=NOW, reason="改期")


def started(when: str = "2026-03-12 08:00", outage_class: Any = "planned", **more: Any) -> OutageStarted:
    return OutageStarted(mrid=MRID, outage_class=outage_class, started_at=at(when), extent=CITY, **more)


def restored(when: str, **more: Any) -> RestorationConfirmed:
    fields: dict[str, Any] = {"confirmed_at": at(when), "outage_class": "planned", "reason": "all-restored", **more}
    return RestorationConfirmed(mrid=MRID, restored_at=at(when), **fields)


def classified(
    outage_class: Any, said: str, began: str = "2026-03-12 08:00", *, was: Any = "fault", **more: Any
) -> OutageClassified:
    """What the restorer makes of dispatch's word that the outage is another thing."""
    fields: dict[str, Any] = {"extent": CITY, "by": "/dispatch/1", "decided_at": at(said), **more}
    return OutageClassified(
        mrid=MRID, outage_class=outage_class, was=was, started_at=at(began), reclassified_at=at(said), **fields
    )


class Stream:
    """One outage of the planner."""

    def __init__(self, planner: PlannerOutage = PLANNER) -> None:
        self.planner = planner
        self.state: PlanState = planner.initial(f"outage/{MRID}")
        self.log: list[Event] = []
        self.lives = Lives()

    def hears(
        self,
        fact: Wire,
        now: datetime = NOW,
        *,
        known: OtherWork | None = None,
        source: str = "dispatch",
        recorded: datetime | None = None,
    ) -> Decision:
        """Decide on `fact` and append what follows. A fact of the field was recorded when it happened, unless told so."""
        if recorded is None and isinstance(fact, FieldFact):
            recorded = getattr(fact, HAPPENED[type(fact)])
        name, kind = f"{len(self.log)}", TYPE_OF[type(fact)]
        message = Message(source, name, kind, now, fact, MRID, 0, recorded_at=recorded or now)
        return self._decide(message, known, now)

    def fire(self, name: str, *, unproven: bool = False) -> Decision:
        """Let a timer that stands come due, at its instant; it must not stand afterwards for the same instant."""
        due_at = self.timers()[name]
        fired = TimerFired(name=name, due_at=due_at, unproven=unproven)
        decision = self._decide(Message("timer", name, TIMER_FIRED, due_at, fired, MRID, 0), None, due_at)
        assert self.timers().get(name) != due_at
        return decision

    def timers(self) -> dict[str, datetime]:
        return dict(self.planner.timers(self.state))

    def _decide(self, message: Message, known: OtherWork | None, now: datetime) -> Decision:
        decision = self.planner.decide(self.state, known, message, now)
        for new in decision.events:
            self._append(new, decision.reason, now)
        return decision

    def hears_all(self, facts: Iterable[Wire], now: datetime = NOW) -> Stream:
        for fact in facts:
            self.hears(fact, now)
        return self

    def said(self, decision: Decision) -> list[str]:
        """What of a decision was published, by type; promises have their own words."""
        published = [event.type.removesuffix(".v1") for event in decision.events if event.topic]
        return [name for name in published if not name.startswith("promise.")]

    def promised(self, decision: Decision) -> list[tuple[str, str]]:
        """Promises of a decision: kind of word, and rule."""
        return [
            (event.type.removesuffix(".v1"), event.data.rule.rule_id)
            for event in decision.events
            if event.type.startswith("promise.")
        ]

    def standings(self) -> dict[str, str]:
        """How each promise stands, by its name."""
        return {name: record.standing for name, record in self.state.promises.records.items()}

    def _append(self, new: NewEvent, reason: str, now: datetime) -> None:
        # What is stored or published must keep the contract that others read it by.
        assert msgspec.json.decode(msgspec.json.encode(new.data), type=KNOWN[new.type]) == new.data
        version = len(self.log) + 1
        event = Event(f"outage/{MRID}", version, UUID(int=version), new.type, new.data, now, "dispatch/x", reason)
        self.log.append(event)
        self.lives.hear(new.data)
        self.state = self.planner.evolve(self.state, event)


def reasons_of(decision: Decision) -> tuple[str, ...]:
    """The reasons of the plan.rejected in a decision."""
    return next(event.data.reasons for event in decision.events if event.type == "plan.rejected.v1")


def plan_at(now: datetime, ahead: timedelta, hours: float = 9, **more: Any) -> PlanBody:
    """A request for work that begins `ahead` of `now`."""
    start = now + ahead
    return request(period=Period(start=start, end=start + timedelta(hours=hours)), **more)


def last_word(decision: Decision) -> Any:
    """The last thing published that is no promise."""
    return [event.data for event in decision.events if event.topic and not event.type.startswith("promise.")][-1]
