"""Run one complaint through the restorer's decider: what the kernel does, without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec

from schemas.contracts import all_types
from schemas.contracts.all_types import TYPE_OF, key_of
from schemas.contracts.base import encode
from schemas.contracts.dispatch import ComplaintAnswered, ComplaintFact, ComplaintReceived, ComplaintWithdrawn
from services.kernel.model import REVIEW, TIMER_FIRED, Decision, Event, Message, Review, TimerFired
from services.policy import Policy, load_policy, policy_path
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.complaints.decider import HAPPENED, BesideComplaint, Heard, ServiceComplaint
from services.restorer.domain.complaints.state import ComplaintState
from tests.kits.promises import Lives

POLICY = load_policy(policy_path("cn-service-standard"))
CALENDAR = WorkingCalendar("CN", "Asia/Shanghai")
ID = "95598-20260305-01204"
ANSWER_5D, ANSWER_10D = "cn.complaint.answer-5d", "cn.report.answer-10d"
LATER = timedelta(minutes=1)


def at(clock: str, day: int = 5) -> datetime:
    """A March 2026 clock time in Shanghai; the 5th is a Thursday."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, day, tzinfo=UTC) + timedelta(hours=int(hour) - 8, minutes=int(minute))


def received(clock: str = "16:18", day: int = 5, **more: Any) -> ComplaintReceived:
    return ComplaintReceived(complaint_id=ID, received_at=at(clock, day), **more)


def answered(clock: str, day: int, **more: Any) -> ComplaintAnswered:
    return ComplaintAnswered(complaint_id=ID, answered_at=at(clock, day), **more)


def withdrawn(clock: str, day: int, **more: Any) -> ComplaintWithdrawn:
    return ComplaintWithdrawn(complaint_id=ID, withdrawn_at=at(clock, day), **more)


class ComplaintRun:
    """One complaint with its log. Every step checks what the kernel checks."""

    def __init__(self, policy: Policy = POLICY, calendar: WorkingCalendar = CALENDAR) -> None:
        self.decider = ServiceComplaint(policy, calendar)
        self.state: ComplaintState = self.decider.initial(f"complaint/{ID}")
        self.log: list[Event] = []
        self.lives = Lives()
        self.told = 0

    def hears(
        self,
        fact: ComplaintFact,
        *,
        recorded: datetime | None = None,
        now: datetime | None = None,
        cause: str = "",
        told_before: bool = False,
    ) -> Decision:
        """Deliver a fact, recorded a minute after it happened unless told otherwise."""
        self.told += 1
        happened: datetime = getattr(fact, HAPPENED[type(fact)])
        recorded = recorded or happened + LATER
        name = cause or f"{type(fact).__name__}-{self.told}"
        message = Message("crm", name, TYPE_OF[type(fact)], recorded, fact, ID, 0, recorded_at=recorded)
        return self._take(message, now, BesideComplaint(told_before=told_before))

    def moves_to(self, now: datetime, *, coming: Sequence[Heard] = (), unproven: bool = False) -> list[str]:
        """Fire what is due by `now`, earliest first. `coming`: facts that only its outage's stream has yet."""
        reasons = []
        while due := sorted((end, name) for name, end in self.timers.items() if end <= now):
            due_at, name = due[0]
            fired = TimerFired(name=name, due_at=due_at, unproven=unproven)
            message = Message("timer", f"{name}@{len(self.log)}", TIMER_FIRED, due_at, fired, ID, 0, recorded_at=now)
            reasons.append(self._take(message, now, BesideComplaint(coming)).reason)
            assert self.timers.get(name) != due_at, f"{name} fired and is still armed"
        return reasons

    def reviewed(self, now: datetime) -> Decision:
        return self._take(Message("rearm", f"{now}", REVIEW, now, Review(why="policy"), ID, 0), now)

    def _take(self, message: Message, now: datetime | None, facts: BesideComplaint | None = None) -> Decision:
        now = now or message.recorded_at
        decision = self.decider.decide(self.state, facts, message, now)
        assert decision == self.decider.decide(self.state, facts, message, now), "decide must be deterministic"
        for event in decision.events:
            data = msgspec.json.decode(encode(event.data), type=all_types.STRUCTS[event.type])
            if event.topic is not None:
                assert event.key == ID == key_of(event.topic, data), "what is published goes under the complaint's id"
            made = Event(
                f"complaint/{ID}",
                len(self.log) + 1,
                uuid5(NAMESPACE_OID, f"{len(self.log)}"),
                event.type,
                data,
                now,
                message.cause,
                decision.reason,
            )
            self.log.append(made)
            self.lives.hear(data)
            self.state = self.decider.evolve(self.state, made)
        return decision

    @property
    def timers(self) -> dict[str, datetime]:
        return self.decider.timers(self.state)

    @property
    def view(self) -> dict[str, Any]:
        return self.decider.view(self.state)

    @property
    def verdicts(self) -> dict[str, str]:
        """Of each rule how the last promise stands."""
        return {one.rule.rule_id: one.state for one in self.state.promises.values()}

    def said(self, kind: type) -> list[Any]:
        """Everything of one kind that was said."""
        return [event.data for event in self.log if isinstance(event.data, kind)]
