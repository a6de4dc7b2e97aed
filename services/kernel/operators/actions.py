"""Define what an operator's request may do: a named action, the form of its detail, and the transaction it runs in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from services.kernel.adapters.locks import Connection
from services.kernel.model import KernelError, Message, Service, TopicPartition
from services.kernel.operating import OperatorRequested
from services.kernel.writing import inbox
from services.kernel.writing.decisions import Outcome
from services.kernel.writing.fence import Broker
from services.kernel.writing.quarantine import record_of
from services.kernel.writing.transaction import Transaction

D = TypeVar("D", bound=msgspec.Struct)


class Refusal(Exception):
    """The request is not carried out: `reason` by name, `explanation` for the person who asked."""

    def __init__(self, reason: str, explanation: str) -> None:
        super().__init__(f"{reason}: {explanation}")
        self.reason, self.explanation = reason, explanation


class TopicReader(Broker, Protocol):
    """What actions ask of Kafka."""

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        """The first offset of each partition whose record was put there at its instant or later; its end where none was."""
        ...


class NotYet(KernelError):
    """It cannot be done now and needs nobody to become possible: nothing is written, and the request goes on waiting."""


@dataclass(frozen=True, slots=True)
class ActionAnswer:
    """What an action came to: a name for it, and what of it is worth keeping (JSON; no phone numbers)."""

    reason: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action works with: all it writes stands or falls with the answer in the log."""

    transaction: Transaction
    connection: Connection
    request: OperatorRequested
    now: datetime
    broker: TopicReader | None = None
    """Kafka, where the action's own process can reach it."""
    prepared: Any = None
    """What `prepare` of the action came to, some time before this transaction."""

    async def submit(self, message: Message) -> Outcome | None:
        """Judge a word to one of the service's own streams; None if it was taken before. Its id should hold the request's.

        Raises:
            Refusal: its stream is parked, or cannot judge it; the request has no effect and can be made again.

        """
        entry = inbox.InboxEntry(message)
        (verdict,) = await inbox.take(self.connection, [entry], self.now)
        if verdict is not inbox.Seen.NEW:
            return None
        records = {message.name: record_of(message)}
        judged, _ = await self.transaction.decide(self.connection, [message], records, self.now, {}, limited=False)
        outcome = judged.outcomes[0]
        if outcome.outcome == "quarantined":
            raise Refusal(outcome.reason, f"{outcome.detail}; mend that (outagectl quarantine list), then ask again")
        return outcome


@dataclass(frozen=True, slots=True)
class Preparation:
    """What an action prepares with: a connection of its own, without a transaction."""

    connection: Connection
    now: datetime
    broker: TopicReader | None = None
    """As in ActionContext."""


@dataclass(frozen=True, slots=True)
class Action(Generic[D]):
    """`detail`: the form of what is asked, checked before `act` sees it. `act` raises Refusal or NotYet, or does it and answers.

    `prepare`: for what takes long. It is called before, while others decide; its work may be done in vain, and again. `act` makes
    sure that it still holds, and raises NotYet where it does not: then both are called once more.
    """

    detail: type[D]
    act: Callable[[ActionContext, D], Awaitable[ActionAnswer]]
    prepare: Callable[[Preparation, D], Awaitable[Any]] | None = None


class NoDetail(msgspec.Struct, frozen=True):
    """The detail of an action that needs none."""


def actions_of(service: Service) -> Mapping[str, Action[Any]]:
    """What this service's operators may ask: the kernel's actions and its own (`Service.actions`, if it has any)."""
    from services.kernel.operators.shared_actions import ACTIONS  # noqa: PLC0415 - they are made of what is defined here

    own: Mapping[str, Action[Any]] = getattr(service, "actions", {})
    return {**ACTIONS, **own}
