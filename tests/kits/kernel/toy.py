"""A toy service to try the kernel on: a kettle that is put on and must boil within ten minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.dispatch import CauseCleared, CrewStatus, EnquiryReceived
from services.kernel.model import (
    TIMER_FIRED,
    Decision,
    Event,
    Message,
    NewEvent,
    Projection,
    Routed,
    TimerFired,
)

START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


class Overdue(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody came in time."""

    due_at: datetime
    unproven: bool


@dataclass(frozen=True)
class Kettle:
    """On since, answered, how often asked."""

    on_since: datetime | None = None
    answered: bool = False
    overdue: bool = False
    asked: int = 0
    order: tuple[str, ...] = ()


class KettleDecider:
    """cause.cleared puts the kettle on, crew.status answers it, enquiry.received asks for trouble."""

    category = "outage"

    def initial(self, stream_id: str) -> Kettle:
        return Kettle()

    def evolve(self, state: Kettle, event: Event) -> Kettle:
        data = event.data
        order = (*state.order, event.cause)
        if isinstance(data, CauseCleared):
            return Kettle(data.cleared_at, state.answered, state.overdue, state.asked, order)
        if isinstance(data, CrewStatus):
            return Kettle(state.on_since, True, state.overdue, state.asked, order)
        if isinstance(data, Overdue):
            return Kettle(state.on_since, state.answered, True, state.asked, order)
        return Kettle(state.on_since, state.answered, state.overdue, state.asked + 1, order)

    def decide(self, state: Kettle, facts: Any, message: Message, now: datetime) -> Decision:
        data = message.data
        if isinstance(data, TimerFired):
            made = Overdue(due_at=data.due_at, unproven=data.unproven)
            return Decision("nobody-came", (NewEvent("overdue.v1", made),))
        if isinstance(data, EnquiryReceived):
            if data.subject == "bug":
                raise ZeroDivisionError("a bug in decide")
            if data.subject == "ignore":
                return Decision("nothing-to-do")
            if data.subject == "large":
                whole = msgspec.structs.replace(data, subject="x" * 1_000_000)
                return Decision("too-much", (NewEvent(message.type, whole, topic="outage.restorations"),))
        return Decision("recorded", (NewEvent(message.type, data, topic="outage.restorations"),))

    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        if state.on_since is None or state.answered or state.overdue:
            return {}
        return {"boil": state.on_since + timedelta(minutes=10)}

    def view(self, state: Kettle) -> dict[str, Any]:
        built: dict[str, Any] = msgspec.to_builtins(state)
        return built


class Toy:
    """The service around it."""

    name = "toy"
    inputs: Sequence[str] = ("outage.dispatch",)
    waits_for_all: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.deciders = {"outage": KettleDecider()}
        self.structs = {**STRUCTS, "overdue.v1": Overdue, TIMER_FIRED: TimerFired}
        self.projections: Sequence[Projection] = ()

    async def route(self, connection: Any, message: Message) -> Routed:
        return Routed(f"outage/{message.key}")

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        return None


def toy(seconds: float | None) -> Toy:
    """A toy whose kettles wait for proof for so long; None: for ever."""
    made = Toy()
    made.patience = {"outage/boil": seconds}  # type: ignore[attr-defined]
    return made
