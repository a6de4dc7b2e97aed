"""Put the restorer together: kinds of streams (kinds/), topics and policy."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.contracts import customers, dispatch, messages, network, notices
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.evidence import meters, replies
from services.kernel.model import (
    TIMER_FIRED,
    Decider,
    Message,
    Projection,
    Routed,
    Stream,
    TimerFired,
    TopicCopy,
    category_of,
)
from services.kernel.operators.actions import Action
from services.kernel.operators.forgetting import Keeping, LogRule
from services.kernel.reading.projections import ReadModel
from services.kernel.running.main import main
from services.kernel.running.runner import Process
from services.network.copy import NetworkCopy
from services.places.extents import prepare
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.promises.explaining import WHY_STRUCTS
from services.readmodels import READ_MODELS
from services.restorer.domain.state import SupplyState
from services.restorer.kinds import KINDS
from services.restorer.kinds.kind import StreamKind
from services.restorer.settings import RestorerSettings
from services.restorer.tables.heard.asides import UnreachedCustomers
from services.restorer.tables.heard.customers import RegisteredCustomers
from services.restorer.tables.heard.noticed import NoticedWork
from services.restorer.tables.heard.promises import HeardPromises
from services.restorer.tables.heard.topic import HeardTopic
from services.restorer.tables.heard.words import CustomerWords
from services.restorer.tables.meters import MeterCopy
from services.tasks.explaining import WHY_ACTIONS
from services.tasks.forgetting import OldNotes

WORDS = "words"
"""The rule by which what customers said is forgotten (table forgettable)."""
OF_THE_PLANNER = frozenset({"planned.cancelled.v1", "notice.shown.v1", "notice.unreadable.v1"})
"""Types about an outage that change nothing of its supply."""


class Restorer:
    """Follows outages until power is back and measures the promises. What is so of one kind of stream stands in kinds/."""

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
    waits_for_all: frozenset[str] = frozenset(kind.category for kind in KINDS if kind.waits_for_all)
    feeds: frozenset[str] = frozenset()
    readmodels: Sequence[ReadModel] = READ_MODELS["restorer"]
    actions: Mapping[str, Action[Any]] = {
        **{name: action for kind in KINDS for name, action in kind.actions.items()},
        **WHY_ACTIONS,
    }

    def __init__(self, policy: Policy, calendar: WorkingCalendar, keeping: Keeping | None = None) -> None:
        self.keeping = keeping or Keeping()
        self.settings = policy.settings
        self.kinds: Mapping[str, StreamKind] = {kind.category: kind(policy, calendar) for kind in KINDS}
        self.projections: Sequence[Projection] = tuple(one for kind in self.kinds.values() for one in kind.projections)
        self.deciders: Mapping[str, Decider[Any]] = {name: kind.decider() for name, kind in self.kinds.items()}
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
            **{name: struct for kind in KINDS for name, struct in kind.structs.items()},
            **WHY_STRUCTS,
            TIMER_FIRED: TimerFired,
        }
        for kind in self.kinds.values():
            kind.begin(self)

    def prepare(self, known: object) -> Iterator[None]:
        """The places in an event or in an outage's facts, made comparable in small steps."""
        return prepare(known.facts if isinstance(known, SupplyState) else known)

    async def route(self, connection: Any, message: Message) -> Routed:
        """Facts go to the kind of stream that takes them, plans to their outage's: a start need not name again what was planned.

        A cancelled plan is for the planner: if the power goes off all the same, it does so where it was planned. So is whether
        the public could read a notice.
        """
        del connection
        if message.type in OF_THE_PLANNER:
            return Routed(None, "not-a-restoration-fact")
        streams = (kind.stream_of(message) for kind in self.kinds.values())
        return Routed(next(stream for stream in streams if stream is not None))

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """What a decision on a stream needs to know from elsewhere, as its kind reads it."""
        return await self.kinds[category_of(stream_id)].facts(connection, stream_id, state, message)

    async def keep(self, connection: Any, stream: Stream, before: Any) -> None:
        """Bring the tables of its kind in line with a stream; wake who waits for what was added."""
        for kind in self.kinds.values():
            kind.added(stream)
        await self.kinds[category_of(stream.stream_id)].keep(connection, stream, before)

    async def renew(self, connection: Any) -> int:
        """The tables of all kinds as this version has them."""
        return sum([await kind.renew(connection, self) for kind in self.kinds.values()])

    async def catch_up(self, connection: Any) -> int:
        """What pods of an older version write beside this one, into the tables that they do not know."""
        return sum([await kind.catch_up(connection, self) for kind in self.kinds.values()])


def build(settings: RestorerSettings) -> Restorer:
    """The restorer under the policy of `settings`."""
    policy, calendar = settings.rules()
    return Restorer(policy, calendar, Keeping((LogRule(WORDS, settings.words_days), OldNotes(settings.words_days))))


async def work(process: Process) -> None:
    """The background work of every kind, until cancelled."""
    service = process.service
    if not isinstance(service, Restorer):
        raise TypeError("handing on is the restorer's")
    async with asyncio.TaskGroup() as group:
        for kind in service.kinds.values():
            for one in kind.work(process):
                group.create_task(one)


def run() -> None:
    """Run one restorer process."""
    main(RestorerSettings, build, work)
