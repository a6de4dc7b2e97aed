"""Put the restorer together: its streams, topics and policy."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.contracts import customers, dispatch, messages, network, notices
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.evidence import meters, replies
from services.kernel.model import TIMER_FIRED, Decider, Message, Projection, Routed, Stream, TimerFired, TopicCopy
from services.kernel.operators.actions import Action
from services.kernel.operators.forgetting import Keeping, LogRule
from services.kernel.reading.projections import ReadModel
from services.kernel.running.main import main
from services.kernel.running.runner import Process
from services.merging.handing_on import HandingOn
from services.network.copy import NetworkCopy
from services.places.extents import prepare
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises.explaining import WHY_STRUCTS
from services.readmodels import READ_MODELS
from services.restorer import answering, calling, publishing
from services.restorer.callers import (
    OfCallers,
    deciders_of_callers,
    facts_of_callers,
    keep_callers,
    renew_callers,
    stream_of_caller,
)
from services.restorer.domain import events
from services.restorer.domain.callers.calling_back import rules_of
from services.restorer.domain.complaints.decider import CATEGORY as COMPLAINT
from services.restorer.domain.decider import RestorerOutage
from services.restorer.domain.months import events as of_months
from services.restorer.domain.months.decider import RestorerMonth
from services.restorer.domain.months.state import MonthState
from services.restorer.domain.state import SupplyState
from services.restorer.settings import RestorerSettings
from services.restorer.tables.complaint_words import ComplaintWords, tells_of_complaints
from services.restorer.tables.figures import keep_figures, renew_figures
from services.restorer.tables.followups import keep_followups, renew_followups
from services.restorer.tables.heard.asides import UnreachedCustomers
from services.restorer.tables.heard.customers import RegisteredCustomers
from services.restorer.tables.heard.noticed import NoticedWork
from services.restorer.tables.heard.promises import HeardPromises
from services.restorer.tables.heard.topic import HeardTopic
from services.restorer.tables.heard.words import CustomerWords
from services.restorer.tables.merged import WaitingMerges, keep_merged, select
from services.restorer.tables.meter_news import MeterNews
from services.restorer.tables.meters import MeterCopy
from services.restorer.tables.months.figures import keep_statement, read_month
from services.restorer.tables.months.measured_cases import MeasuredCases
from services.restorer.tables.months.promise_cases import PromiseCases, renew_cases
from services.restorer.tables.months.watching import MonthWatch
from services.restorer.tables.outages import keep, read_beside, renew
from services.restorer.tables.silence.watch import SilenceWatch
from services.tasks.actions import TASK_ACTIONS
from services.tasks.domain.decider import ServiceTasks
from services.tasks.domain.state import Concern
from services.tasks.domain.words import TASK_STRUCTS
from services.tasks.explaining import WHY_ACTIONS
from services.tasks.forgetting import OldNotes
from services.tasks.looking_after import look_after_tasks
from services.tasks.promise_alarms import PromiseAlarms
from services.tasks.tables import TaskRows, read_task

WORDS = "words"
"""The rule by which what customers said is forgotten (table forgettable)."""


class Restorer:
    """Follows outages until power is back and measures the promises; streams outage/<mRID>."""

    name = "restorer"
    inputs: Sequence[str] = (
        dispatch.TOPIC,
        network.TOPIC,
        meters.TOPIC,
        replies.TOPIC,
        messages.TOPIC,
        notices.TOPIC,
        customers.TOPIC,
    )
    waits_for_all: frozenset[str] = frozenset({COMPLAINT})
    """A complaint's facts come under its own key and under its outages'. It is days until an answer is due."""
    feeds: frozenset[str] = frozenset()
    readmodels: Sequence[ReadModel] = READ_MODELS["restorer"]
    actions: Mapping[str, Action[Any]] = {
        **answering.ACTIONS,
        **calling.CALL_ACTIONS,
        **publishing.ACTIONS,
        **TASK_ACTIONS,
        **WHY_ACTIONS,
    }

    def __init__(self, policy: Policy, calendar: WorkingCalendar, keeping: Keeping | None = None) -> None:
        self.keeping = keeping or Keeping()
        self._zone = calendar.zone
        self._calls = rules_of(policy, calendar)
        self._cases, self._measured = PromiseCases(calendar.zone), MeasuredCases(policy, calendar)
        self.projections: Sequence[Projection] = (TaskRows(), PromiseAlarms(), self._cases)
        self.settings = policy.settings
        self.hand_on = asyncio.Event()
        """Set where a transaction of this process leaves something to hand on."""
        self.complaint_told = asyncio.Event()
        """Set where one leaves something for a complaint's stream."""
        self.deciders: Mapping[str, Decider[Any]] = {
            "outage": RestorerOutage(policy, calendar),
            "month": RestorerMonth(policy, calendar),
            **deciders_of_callers(policy, calendar),
            "task": ServiceTasks(policy.settings.tasks),
        }
        self.copies: Mapping[str, TopicCopy] = {
            network.TOPIC: NetworkCopy(),
            meters.TOPIC: MeterCopy(policy.settings.facts),
            messages.TOPIC: HeardTopic(
                messages.TOPIC, CustomerWords(), UnreachedCustomers(), HeardPromises(calendar.zone)
            ),
            notices.TOPIC: HeardTopic(notices.TOPIC, NoticedWork(), HeardPromises(calendar.zone)),
            customers.TOPIC: HeardTopic(customers.TOPIC, RegisteredCustomers()),
        }
        self.structs: Mapping[str, type[msgspec.Struct]] = {
            **STRUCTS,
            **events.STRUCTS,
            **of_months.STRUCTS,
            **TASK_STRUCTS,
            **WHY_STRUCTS,
            TIMER_FIRED: TimerFired,
        }

    def prepare(self, known: object) -> Iterator[None]:
        """The places in an event or in an outage's facts, made comparable in small steps."""
        return prepare(known.facts if isinstance(known, SupplyState) else known)

    async def route(self, connection: Any, message: Message) -> Routed:
        """Facts about supply go to their outage's stream, and plans: a start need not name again what was planned.

        A cancelled plan is for the planner: if the power goes off all the same, it does so where it was planned.
        """
        del connection
        if message.type == "planned.cancelled.v1":
            return Routed(None, "not-a-restoration-fact")
        return Routed(stream_of_caller(message) or f"outage/{message.key}")

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """The network about the outage's places, what meters there say, and for a restoration other outages that hold them.

        Another may be heard of later: that "power is back" waits for all of them is the notifier's (docs/adr/0013).
        """
        if isinstance(state, Concern):
            return await read_task(connection, message)
        if isinstance(state, MonthState):
            await self._cases.finish(connection)
            return await read_month(connection, state, message)
        if isinstance(state, OfCallers):
            return await facts_of_callers(connection, state, message)
        return await read_beside(connection, stream_id.partition("/")[2], state, message)

    async def keep(self, connection: Any, stream: Stream, before: Any) -> None:
        """Where the outage is off now, for others to find; whether it was merged; what is counted of it. Statements of months."""
        if isinstance(stream.state, MonthState):
            await keep_statement(connection, stream, before)
        await keep_callers(connection, stream, before)
        if not isinstance(stream.state, SupplyState):
            return
        if tells_of_complaints(stream):
            self.complaint_told.set()
        await self._measured.keep(connection, stream, before)
        await keep(connection, stream, before)
        await keep_merged(connection, stream, before)
        await keep_figures(connection, stream, before)
        await keep_followups(connection, stream, before, self._calls)
        if stream.state.merged is not None:
            self.hand_on.set()

    async def renew_months(self, connection: Any) -> int:
        """The cases of months that a version without them wrote, also while it is at work beside this one."""
        return await renew_cases(connection, self._zone) + await self._measured.renew(connection, self)

    async def renew(self, connection: Any) -> int:
        """The tables as the views have it, where a version without them was at work."""
        await self._measured.keep_terms(connection)
        renewed = await renew(connection) + await self.renew_months(connection) + await renew_figures(connection)
        return renewed + await renew_followups(connection, self, self._calls) + await renew_callers(connection)


def build(settings: RestorerSettings) -> Restorer:
    """The restorer under the policy of `settings`."""
    policy, calendar = settings.rules()
    return Restorer(policy, calendar, Keeping((LogRule(WORDS, settings.words_days), OldNotes(settings.words_days))))


async def work(process: Process) -> None:
    """The background work: hand on what is said of merged outages, look after merges that wait, bring readings to outages."""
    service = process.service
    if not isinstance(service, Restorer):
        raise TypeError("handing on is the restorer's")
    handing_on = HandingOn(process.ingest, process.pool, process.clock, service.hand_on, select)
    complaints = ComplaintWords(process.ingest, process.pool, process.clock, service.complaint_told)
    news = MeterNews(process.ingest, process.pool, process.clock, process.telemetry.registry)
    silence = SilenceWatch(process.pool, process.clock, service.name, service.settings, process.telemetry.registry)
    async with asyncio.TaskGroup() as group:
        group.create_task(handing_on.run())
        group.create_task(complaints.run())
        group.create_task(WaitingMerges(process.ingest, process.pool, process.clock).run())
        group.create_task(news.run())
        group.create_task(MonthWatch(process.ingest, process.pool, process.clock, service.renew_months).run())
        group.create_task(silence.run())
        group.create_task(look_after_tasks(process))


def run() -> None:
    """Run one restorer process."""
    main(RestorerSettings, build, work)
