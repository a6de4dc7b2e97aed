"""The planner put together: its streams, topics and policy."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from schemas import dispatch
from schemas.registry import STRUCTS
from services.kernel.calendar import WorkingCalendar
from services.kernel.main import main
from services.kernel.model import TIMER_FIRED, Decider, Message, Projection, Routed, TimerFired
from services.planner.decider import PLANNING_FACTS, PlannerOutage
from services.policy import Policy
from services.policy.settings import PolicySettings


class Planner:
    """Judges planned work and publishes notices; streams outage/<mRID>."""

    name = "planner"
    inputs: Sequence[str] = (dispatch.TOPIC,)
    projections: Sequence[Projection] = ()
    waits_for_all: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self.deciders: Mapping[str, Decider[Any]] = {"outage": PlannerOutage(policy, calendar)}
        self.structs: Mapping[str, type[msgspec.Struct]] = {**STRUCTS, TIMER_FIRED: TimerFired}

    async def route(self, connection: Any, message: Message) -> Routed:
        """Planning facts go to their outage's stream; the rest is for others."""
        del connection
        data = message.data
        if isinstance(data, dispatch.OutageStarted) and data.outage_class not in ("planned", "temporary"):
            return Routed(None, "not-planned-work")
        if message.type in PLANNING_FACTS:
            return Routed(f"outage/{message.key}")
        return Routed(None, "not-a-planning-fact")

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """The yearly budget will be read here."""
        del connection, stream_id, state, message


def build(settings: PolicySettings) -> Planner:
    """The planner under the policy of `settings`."""
    policy, calendar = settings.rules()
    return Planner(policy, calendar)


def run() -> None:
    """Run one planner process."""
    main(PolicySettings, build)
