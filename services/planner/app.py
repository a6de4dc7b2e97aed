"""Put the planner together: its streams, topics, policy, and the tables where plans meet."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.contracts import dispatch, network, restorations
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ExtentChanged,
    NoticeShown,
    NoticeUnreadable,
    OutageCorrected,
    OutageMerged,
    OutageReopened,
    OutageStarted,
    PlanBody,
)
from schemas.contracts.restorations import FactAccepted, FactRefused, OutageClassified, RestorationConfirmed
from services.kernel.model import TIMER_FIRED, Decider, Message, Projection, Routed, Stream, TimerFired, TopicCopy
from services.kernel.operators.actions import Action
from services.kernel.operators.forgetting import Keeping
from services.kernel.reading.projections import ReadModel
from services.kernel.running.main import main
from services.kernel.running.runner import Process
from services.network.copy import NetworkCopy
from services.network.watching import NetworkWatch
from services.places.extents import prepare
from services.planner.domain import events
from services.planner.domain.decider import PLANNING_FACTS, PlannerOutage
from services.planner.domain.field.curtailment_scheme import Scheme
from services.planner.domain.notice.text import Voice
from services.planner.domain.shown.reading import NOT_KNOWN
from services.planner.domain.verdict.other_work import OtherWork
from services.planner.settings import PlannerSettings
from services.planner.tables.booked_work import SQL, WorkRows, keep, read, read_steps, renew
from services.planner.tables.public_reading import PublicSilence, keep_public
from services.planner.tables.published_scheme import publish_scheme
from services.planner.tables.referred_notices import notice_of_plan
from services.plausibility import released
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises.explaining import WHY_STRUCTS
from services.readmodels import READ_MODELS
from services.tasks.actions import TASK_ACTIONS
from services.tasks.domain.decider import ServiceTasks
from services.tasks.domain.state import Concern
from services.tasks.domain.words import TASK_STRUCTS
from services.tasks.explaining import WHY_ACTIONS
from services.tasks.forgetting import OldNotes
from services.tasks.looking_after import look_after_tasks
from services.tasks.promise_alarms import PromiseAlarms
from services.tasks.tables import TaskRows, read_task

HEARD = frozenset(
    {
        "outage.started.v1",
        "extent.changed.v1",
        "outage.reopened.v1",
        "curtailment.ordered.v1",
        "outage.withdrawn.v1",
        "outage.corrected.v1",
    }
)
"""Facts of the field that the planner listens to, and so may hold."""


class Planner:
    """Judges planned work, publishes notices and watches that they are kept; streams outage/<mRID>."""

    name = "planner"
    inputs: Sequence[str] = (dispatch.TOPIC, restorations.TOPIC, network.TOPIC)
    copies: Mapping[str, TopicCopy] = {network.TOPIC: NetworkCopy()}
    waits_for_all: frozenset[str] = frozenset()
    feeds: frozenset[str] = frozenset()
    readmodels: Sequence[ReadModel] = READ_MODELS["planner"]
    actions: Mapping[str, Action[Any]] = {**TASK_ACTIONS, **WHY_ACTIONS}

    def __init__(
        self,
        policy: Policy,
        calendar: WorkingCalendar,
        voice: Voice | None = None,
        *,
        scheme: Scheme | None = None,
        planless: tuple[str, ...] = (),
        keeping: Keeping | None = None,
    ) -> None:
        self.keeping = keeping or Keeping()
        self._policy, self._scheme, self.public = policy, scheme, policy.settings.public_notice
        outage = PlannerOutage(policy, calendar, voice, scheme=scheme, planless=planless)
        self.deciders: Mapping[str, Decider[Any]] = {"outage": outage, "task": ServiceTasks(policy.settings.tasks)}
        self.structs: Mapping[str, type[msgspec.Struct]] = {
            **STRUCTS,
            **events.STRUCTS,
            **TASK_STRUCTS,
            **WHY_STRUCTS,
            TIMER_FIRED: TimerFired,
        }
        self.projections: Sequence[Projection] = (WorkRows(), TaskRows(), PromiseAlarms())

    def prepare(self, known: object) -> Iterator[None]:
        """The places in an event or in a plan's state, made comparable in small steps."""
        return prepare(known)

    async def route(self, connection: Any, message: Message) -> Routed:
        """Words about planned work go to their outage's stream; the rest is for others."""
        stream = f"outage/{message.key}"
        match message.data:
            case OutageStarted(outage_class=kind) if kind not in ("planned", "temporary"):
                return Routed(None, "not-planned-work")
            case RestorationConfirmed(outage_class=kind) if kind not in ("planned", "temporary", "curtailment", None):
                return Routed(None, "not-planned-work")
            case RestorationConfirmed() | CurtailmentOrdered():
                return Routed(stream)
            case OutageClassified(outage_class="fault", was=was) if was not in ("planned", "temporary"):
                # Of a fault that was one all along it knows nothing, unless it was called work in between.
                return Routed(stream, if_new="not-planned-work")
            case OutageClassified():
                return Routed(stream)
            case FactAccepted() | FactRefused() as answer:
                return Routed(stream) if answer.fact_type in HEARD else Routed(None, "not-a-planning-fact")
            case OutageMerged():
                # The restorer asks dispatch whether it is a fault; the notice stands until the plan is changed.
                known = await connection.fetchval(SQL["known_here"], stream)
                return Routed(None, "noticed-work-not-merged" if known else "not-planned-work")
            case NoticeShown() | NoticeUnreadable():
                # Of what was never heard of here, no notice was published; a board says it again every hour.
                return Routed(stream, if_new=NOT_KNOWN)
            case ExtentChanged() | OutageReopened() | OutageCorrected():
                # Any outage grows and comes back; only those that are planned work concern a notice.
                return Routed(stream, if_new="not-planned-work")
            case _:
                return Routed(stream) if message.type in PLANNING_FACTS else Routed(None, "not-a-planning-fact")

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """Other work that a plan meets, or the curtailment steps in force; of a task, what stands."""
        del stream_id
        if isinstance(state, Concern):
            return await read_task(connection, message)
        match message.data:
            case OutageClassified() as word:
                return OtherWork(referred=await notice_of_plan(connection, word))
            case PlanBody() as plan:
                noticed = state.notice.told.extent if state.notice is not None else None
                return await read(connection, plan, self._policy, message.time, noticed)
            case CurtailmentOrdered() as order:
                return await read_steps(connection, order)
            case FactAccepted() as answer:
                held = released(state.doubts, answer)
                return await read_steps(connection, held) if isinstance(held, CurtailmentOrdered) else None
            case _:
                return None

    async def keep(self, connection: Any, stream: Stream, before: Any) -> None:
        """Since when booked work is under way, and what of its notice people must look at."""
        if isinstance(stream.state, Concern):
            return
        await keep(connection, stream, before)
        await keep_public(connection, stream, before, self.public)

    async def renew(self, connection: Any) -> int:
        """Stored places in the present normal form, how many were in another; and the scheme as this process has it."""
        await publish_scheme(connection, self._scheme)
        return await renew(connection)


def build(settings: PlannerSettings) -> Planner:
    """The planner under the policy of `settings`."""
    policy, calendar = settings.rules()
    voice = Voice(calendar.zone, settings.hotline)
    return Planner(
        policy,
        calendar,
        voice,
        scheme=settings.scheme(),
        planless=settings.planless_sources,
        keeping=Keeping((OldNotes(settings.words_days),)),
    )


async def watch(process: Process) -> None:
    """The background work: show how the network model stands by which plans are judged, and look after tasks."""
    if not isinstance(process.settings, PlannerSettings):
        raise TypeError("the planner needs PlannerSettings")
    if not isinstance(process.service, Planner):
        raise TypeError("what the public can read is the planner's")
    days, registry = process.settings.network_days, process.telemetry.registry
    async with asyncio.TaskGroup() as group:
        group.create_task(NetworkWatch(process.pool, process.clock, registry, days).run())
        group.create_task(PublicSilence(process.pool, process.clock, process.service.public, registry).run())
        group.create_task(look_after_tasks(process))


def run() -> None:
    """Run one planner process."""
    main(PlannerSettings, build, watch)
