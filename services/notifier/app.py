"""Put the notifier together: streams of outages and of customers, its registry, its sender."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from prometheus_client import CollectorRegistry

from schemas.contracts import audience, customers, dispatch, network, notices, receipts, restorations
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.dispatch import FieldFact
from schemas.contracts.receipts import InboundReceived, ReceiptReceived
from services.kernel.adapters.ports import RecordReader
from services.kernel.clock import Clock
from services.kernel.model import TIMER_FIRED, Event, Message, Projection, Routed, Stream, TimerFired, TopicCopy
from services.kernel.operators.actions import Action
from services.kernel.operators.forgetting import Keeping
from services.kernel.reading.projections import ReadModel
from services.kernel.running.main import main
from services.kernel.running.runner import Process
from services.kernel.writing.copies import judged_inputs
from services.merging.handing_on import SQL as MERGING
from services.merging.handing_on import HandingOn
from services.network.copy import NetworkCopy
from services.network.watching import NetworkWatch
from services.notifier import confirming
from services.notifier.domain import events
from services.notifier.domain.customer.awaited_proof import SETTLE, UNSETTLED
from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.events import AttemptAccepted, SendingReceipt
from services.notifier.domain.fanout.decider import NotifierFanout
from services.notifier.domain.outage.decider import FACT_TYPES, NotifierOutage, Outage
from services.notifier.domain.provider.twilio_codes import PROVIDER
from services.notifier.domain.replies.handset import CATEGORY as HANDSET
from services.notifier.domain.replies.handset import Handset, NotifierHandset
from services.notifier.domain.wording.templates import UtilityVoice
from services.notifier.fanning.pressure import ReadingLag, TellingPressure
from services.notifier.fanning.worker import FanoutWorker
from services.notifier.registry import erasing
from services.notifier.registry.forgetting import OldProfiles, OldTexts, OldWords
from services.notifier.registry.numbers import NUMBER_ACTIONS, NumberWatch
from services.notifier.registry.topic import RegistryPublisher
from services.notifier.registry.watching import RegistryWatch
from services.notifier.replying.calling_back import CALLBACK_ACTIONS
from services.notifier.replying.counts import reply_counts_of
from services.notifier.replying.passed_over import PassedOver
from services.notifier.replying.tables import ReplyRows, read_handset
from services.notifier.sending.approving import requests as approving
from services.notifier.sending.approving.large_sends import LargeSends
from services.notifier.sending.approving.watch import ApprovalWatch
from services.notifier.sending.counts import counts_of
from services.notifier.sending.gates import brake_requests
from services.notifier.sending.gates.caught_up import CaughtUpGate
from services.notifier.sending.handsets import SQL as HANDSETS
from services.notifier.sending.reconciling import requests as reconciling
from services.notifier.sending.reconciling.log_end import notice_lost_words
from services.notifier.sending.reconciling.restores import WentBack
from services.notifier.sending.recorder import SQL
from services.notifier.sending_works import SendingRules, SendingWorks
from services.notifier.settings import NotifierSettings
from services.notifier.tables.alarms import AlarmRows, AlarmWatch, keep_causes
from services.notifier.tables.critical import UntoldGauge, read_critical
from services.notifier.tables.due_outages import SQL as FANOUT
from services.notifier.tables.fanout import FanoutRows, read_fanout, read_holding, read_reach
from services.notifier.tables.merged import select
from services.notifier.tables.notifications import NotificationRows
from services.notifier.tables.renewing import renew
from services.places.extents import prepare
from services.plausibility import FIGURES, Figures
from services.policy.calendar import WorkingCalendar
from services.policy.duty import TASK_TIMES, TaskTimes
from services.policy.model import SendingPolicy, Telling
from services.policy.quiet import QUIET, Nights, QuietHours
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

_OF_CUSTOMER = frozenset({audience.TOPIC, customers.TOPIC})


class Notifier:
    """Streams outage/<mRID> (what to tell), fanout/<mRID>/… (whom it was told), customer/<id> (what was said), handset/… (answers).

    `fan` is set when a transaction of this process leaves work for the fan-out; at most `chunk` customers hear in one.
    """

    name = "notifier"
    inputs: Sequence[str] = (
        dispatch.TOPIC,
        notices.TOPIC,
        restorations.TOPIC,
        audience.TOPIC,
        customers.TOPIC,
        receipts.TOPIC,
        network.TOPIC,
    )
    copies: Mapping[str, TopicCopy] = {network.TOPIC: NetworkCopy()}
    waits_for_all: frozenset[str] = frozenset({"customer", "outage"})
    readmodels: Sequence[ReadModel] = READ_MODELS["notifier"]
    feeds: frozenset[str] = frozenset({audience.TOPIC})
    actions: Mapping[str, Action[Any]] = {
        **brake_requests.ACTIONS,
        **reconciling.ACTIONS,
        **approving.ACTIONS,
        **erasing.ACTIONS,
        **NUMBER_ACTIONS,
        **confirming.ACTIONS,
        **CALLBACK_ACTIONS,
        **TASK_ACTIONS,
        **WHY_ACTIONS,
    }

    def __init__(
        self,
        voice: UtilityVoice,
        *,
        chunk: int = 1_000,
        telling: Telling | None = None,
        figures: Figures = FIGURES,
        quiet: QuietHours | None = None,
        calendar: WorkingCalendar | None = None,
        regime: str = "",
        words: WordRules | None = None,
        restored_to: datetime | None = None,
        approve_above: int = 0,
        provider: str = PROVIDER,
        sending: SendingPolicy | None = None,
        keeping: Keeping | None = None,
        silent: Collection[str] = (),
        tasks: TaskTimes = TASK_TIMES,
    ) -> None:
        self.keeping = keeping or Keeping()
        telling = telling or Telling()
        self._told = restored_to
        self.restored_to = restored_to
        """To when the database went back, by the setting or as was seen; None: it did not, for all that is known."""
        self.checked = asyncio.Event()
        """Set once the log was held against our topics."""
        self.regime = regime
        self.goes_on_after = (sending or SendingPolicy()).critical_goes_on_after
        """For so long a provider may say nothing of a critical text before another sends it; None: for ever."""
        self.fan = asyncio.Event()
        self.lag = ReadingLag()
        self.hand_on = asyncio.Event()
        """Set where a transaction of this process leaves something of a merged outage to hand on."""
        self.chunk = chunk
        self.nights = Nights(quiet or QUIET, voice.zone)
        # That power is back goes out proven or not at all; that it cannot be proven is said after so long.
        self.patience: Mapping[str, float | None] = {
            "customer/settle": None,
            # That work has not begun is said only where whoever might have said that it did was heard.
            "customer/work": None,
            "customer/unsettled": telling.settling_limit.total_seconds(),
        }
        self.deciders: Mapping[str, Any] = {
            "customer": NotifierCustomer(voice, telling, figures, quiet, calendar, regime, words, silent),
            HANDSET: NotifierHandset(),
            "task": ServiceTasks(tasks),
        }
        self.structs: Mapping[str, type[msgspec.Struct]] = {
            **STRUCTS,
            **events.STRUCTS,
            **TASK_STRUCTS,
            **WHY_STRUCTS,
            TIMER_FIRED: TimerFired,
        }
        self._fanouts = FanoutRows(self.fan)
        self.projections: Sequence[Projection] = (
            NotificationRows(restored_to, provider),
            self._fanouts,
            LargeSends(approve_above),
            AlarmRows(),
            ReplyRows(),
            TaskRows(),
            PromiseAlarms(),
        )
        self._figures, self._telling = figures, telling
        self.handset_most = telling.handset_most
        self._goes_by(restored=restored_to is not None)

    def _goes_by(self, *, restored: bool) -> None:
        """Judge words that were said before the database was restored as such (docs/adr/0022), or as if there were none."""
        self.deciders = {
            **self.deciders,
            "outage": NotifierOutage(self._figures, self._telling, restored=restored, nights=self.nights),
            "fanout": NotifierFanout(restored=restored),
        }
        self._fanouts.restored = restored

    async def before_reading(self, pool: asyncpg.Pool, broker: RecordReader, clock: Clock) -> None:
        """See whether the database went back to an earlier state: then what is read now was partly said before.

        Raises:
            WentBack: under this process, which knows what the log no longer has.

        """
        since = await notice_lost_words(pool, broker, clock, self._told)
        if since is not None and self.restored_to is None:
            if self.checked.is_set():
                raise WentBack("the database went back to an earlier state under this process; it starts anew")
            self.restored_to = since
            self._goes_by(restored=True)
        self.checked.set()

    def prepare(self, known: object) -> Iterator[None]:
        """The places in an event or in an outage's facts, made comparable in small steps; a conversation has few."""
        if isinstance(known, Outage):
            return prepare(known.facts)
        return prepare(known) if isinstance(known, msgspec.Struct) else iter(())

    async def route(self, connection: Any, message: Message) -> Routed:
        """Facts go to their outage, words for a customer to that customer, receipts to whose text it was, texts to their number."""
        if message.topic in _OF_CUSTOMER:
            return Routed(f"customer/{message.key}")
        if isinstance(message.data, ReceiptReceived):
            return await self._receipt(connection, message.data)
        if isinstance(message.data, InboundReceived):
            return Routed(f"{HANDSET}/{message.data.from_index}")
        if message.type in FACT_TYPES:
            return Routed(f"outage/{message.key}")
        return Routed(None, "not-for-customers")

    async def _receipt(self, connection: Any, receipt: ReceiptReceived) -> Routed:
        customer = None
        if receipt.message_id is not None:
            customer = await connection.fetchval(SQL["of_message"], receipt.message_id)
        if customer is None:
            customer = await connection.fetchval(SQL["of_sid"], receipt.provider_sid)
        return Routed(f"customer/{customer}") if customer else Routed(None, "receipt-for-no-text-of-ours")

    def committed(self, events: Sequence[Event], registry: CollectorRegistry) -> None:
        """Count texts, once what became of them is in the log; see how late facts are decided."""
        self.lag.decided(events)
        counts_of(registry).add(events)
        reply_counts_of(registry).add(events)

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """For a fan-out: the truth to tell, and the customers whose turn it is; for a deadline of a notice: who has it.

        For an end that is to be told: what holds that customer by the tables. For a task: what stands of it.
        Of a text that a provider took: what was sent, where it spoke for several.
        """
        if isinstance(state, Concern):
            return await read_task(connection, message)
        if isinstance(state, Handset):
            return await read_handset(connection, message)
        if stream_id.startswith("outage/"):
            if isinstance(message.data, FieldFact):
                return await read_critical(connection, self.deciders["outage"], state, message)
            if isinstance(message.data, TimerFired) and state.informing is not None:
                due_at = state.informing.record.due_at
                await self._fanouts.finish(connection)
                return await read_reach(connection, state.facts.notice, due_at, state.noticed_since)
            return None
        if isinstance(message.data, AttemptAccepted | ReceiptReceived | SendingReceipt):
            return await connection.fetchval(HANDSETS["sent_body"], message.data.message_id, message.data.attempt or 1)
        if isinstance(message.data, TimerFired) and message.data.name in (SETTLE, UNSETTLED):
            await self._fanouts.finish(connection)
            return await read_holding(connection, state.customer_id)
        if stream_id.startswith("fanout/"):
            await self._fanouts.finish(connection)
            return await read_fanout(connection, message, self.chunk)
        return None

    async def feeding(self, connection: Any) -> bool:
        """Whether words for `feeds` are still to be made: outages not told to the end, customers not matched again."""
        row = await connection.fetchrow(FANOUT["unfinished"])
        unfinished = row["outages"] or row["customers"] or row["untold"]
        return bool(unfinished) or bool(await connection.fetchval(MERGING["any_due"]))

    async def keep(self, connection: Any, stream: Stream, before: Any) -> None:
        """Of an outage that was merged, that there is something to hand on; of a customer, why a person is needed."""
        state = stream.state
        if isinstance(state, Customer):
            await keep_causes(connection, stream, before)
        if isinstance(state, Outage) and (merged := state.facts.merged) is not None:
            await connection.execute(MERGING["put"], state.mrid, merged.into, merged.merged_at, stream.version)
            self.hand_on.set()

    async def renew(self, connection: Any) -> int:
        """Stored places in the present normal form; how many customers are therefore matched again."""
        return await renew(connection)


def build(settings: NotifierSettings) -> Notifier:
    """The notifier with the utility's voice and patience.

    Raises:
        PolicyError, CalendarError: the policy in force does not load.

    """
    policy, calendar = settings.rules()
    rules = policy.settings
    return Notifier(
        settings.voice(),
        chunk=settings.fanout_chunk,
        telling=rules.telling,
        quiet=rules.quiet,
        calendar=calendar,
        regime=f"{policy.id} {policy.version}",
        figures=rules.facts,
        words=WordRules(policy.id, policy.version, calendar.version, rules.words),
        restored_to=settings.restored_to,
        approve_above=rules.approve_above,
        provider=settings.first_provider,
        sending=rules.sending,
        silent=settings.silent_providers,
        tasks=rules.tasks,
        keeping=Keeping(
            (
                OldTexts(settings.text_days),
                OldProfiles(settings.profile_days),
                OldWords(settings.words_days),
                OldNotes(settings.words_days),
            )
        ),
    )


async def send(process: Process) -> None:
    """The background work: tell whom outages touch, send what is ready, resolve what is unknown."""
    settings, service = process.settings, process.service
    if not isinstance(settings, NotifierSettings) or not isinstance(service, Notifier):
        raise TypeError("the notifier needs NotifierSettings")
    handing_on = HandingOn(process.ingest, process.pool, process.clock, service.hand_on, select)
    gate = CaughtUpGate(
        process.pool,
        process.reader,
        judged_inputs(service),
        service.feeds,
        process.clock,
        lambda: process.taking.assignments,
        process.telemetry.registry,
    )
    rule = SendingRules(service.regime, service.nights, service.handset_most, service.goes_on_after, service.checked)
    sending = SendingWorks(process, settings, gate, rule)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(gate.run())
            group.create_task(AlarmWatch(process.pool, process.telemetry.registry).run())
            group.create_task(look_after_tasks(process))
            group.create_task(PassedOver(process.ingest, process.pool, process.reader, process.clock).run())
            for work in sending.works():
                group.create_task(work)
            group.create_task(ApprovalWatch(process.pool, process.telemetry.registry).run())
            group.create_task(_fan_out(process, service))
            group.create_task(handing_on.run())
            group.create_task(RegistryPublisher(process.pool, process.producer, process.clock).run())
            group.create_task(UntoldGauge(process.pool, process.telemetry.registry).run())
            days, registry = settings.network_days, process.telemetry.registry
            group.create_task(NetworkWatch(process.pool, process.clock, registry, days).run())
            group.create_task(RegistryWatch(process.pool, process.clock, registry, settings.registry_days).run())
            group.create_task(NumberWatch(process.pool, process.clock, registry, settings.number_days).run())
    finally:
        await sending.close()


async def _fan_out(process: Process, service: Notifier) -> None:
    """Tell whom outages touch, once it is known whether words of before a restore are on the topic."""
    await service.checked.wait()
    await FanoutWorker(
        process.ingest,
        process.pool,
        process.clock,
        service.fan,
        process.telemetry.registry,
        chunk=service.chunk,
        pressure=TellingPressure(process.pool, process.clock, service.lag),
        restored_to=service.restored_to,
    ).run()


def run() -> None:
    """Run one notifier process."""
    main(NotifierSettings, build, send)
