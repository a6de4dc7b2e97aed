"""What an event speaks of: its outages, its customer, its text, the lines it names, and its reason."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.contracts.audience import CustomerReplied, CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.dispatch import (
    ComplaintFact,
    ComplaintWithdrawn,
    CurtailmentOrdered,
    EnquiryFact,
    ExtentChanged,
    Fact,
    FaultReported,
    MeterFault,
    NoticeUnreadable,
    OutageCorrected,
    OutageMerged,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    PlanBody,
    PlannedCancelled,
    SupplyRestored,
)
from schemas.contracts.duty.tasks import TaskChanged, TaskExpired, TaskFact, TaskOpened, TaskRaised
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.messages import (
    CallbackAnswered,
    ContactConfirmed,
    ContactOptedIn,
    ContactOptedOut,
    ContactUnreached,
    CustomersUntold,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageFact,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from schemas.contracts.network import NetworkElementRemoved
from schemas.contracts.notices import Notice, NoticeDeadlineMoved, NoticeWithdrawn
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseExplained,
    PromiseKept,
    PromiseVoided,
)
from schemas.contracts.quarantine import MessageQuarantined
from schemas.contracts.receipts import InboundReceived, ReceiptReceived
from schemas.contracts.restorations import (
    FactAccepted,
    FactQuestioned,
    FactRefused,
    FollowupEnded,
    OutageClassified,
    RestorationConfirmed,
    RestorationPart,
    RestorationRefused,
)
from services.restorer.domain.events import CallsRefused

OF_OUTAGE = Fact | CustomerTouched | Promise | CustomersUntold | TaskFact
OF_OUTAGES = MessageRequested | ContactUnreached | CallbackAnswered
OF_CUSTOMER = (
    MessageFact
    | ContactConfirmed
    | ContactUnreached
    | ContactOptedOut
    | ContactOptedIn
    | CallbackAnswered
    | CustomerReplied
    | CustomerTouched
    | SupplyDenied
    | Promise
    | CustomerUpserted
    | CustomerErased
)
OF_TEXT = MessageFact | ContactConfirmed | CallbackAnswered | ReceiptReceived
OF_PROVIDER = MessageAccepted | MessageDelivered | MessageUndelivered | ReceiptReceived | InboundReceived
WITH_REASON = (
    PlanBody
    | ComplaintWithdrawn
    | CallsRefused
    | PlannedCancelled
    | OutageReopened
    | OutageWithdrawn
    | OutageCorrected
    | OutageReclassified
    | OutageMerged
    | NoticeUnreadable
    | MeterFault
    | Notice
    | NoticeWithdrawn
    | NoticeDeadlineMoved
    | RestorationConfirmed
    | RestorationRefused
    | FollowupEnded
    | FactQuestioned
    | FactAccepted
    | FactRefused
    | PromiseAtRisk
    | PromiseKept
    | PromiseBroken
    | PromiseVoided
    | PromiseCorrected
    | PromiseExplained
    | MessageRequested
    | MessageUndelivered
    | MessageSuppressed
    | MessageExpired
    | ContactUnreached
    | CustomersUntold
    | CustomerErased
    | NetworkElementRemoved
    | MessageQuarantined
    | TaskOpened
    | TaskChanged
    | TaskRaised
    | TaskExpired
)
WITH_EXTENT = (
    PlanBody
    | OutageStarted
    | FaultReported
    | CurtailmentOrdered
    | ExtentChanged
    | SupplyRestored
    | Notice
    | NoticeWithdrawn
    | OutageClassified
    | CustomerTouched
    | SupplyDenied
)


def mrid_of(event: object) -> str | None:
    """The one outage that an event is about."""
    if isinstance(event, ComplaintFact | EnquiryFact):
        return event.outage
    return event.mrid if isinstance(event, OF_OUTAGE) else None


def mrids_of(event: object) -> tuple[str, ...]:
    """The outages that a text, or its want, is about."""
    return event.mrids if isinstance(event, OF_OUTAGES) else ()


def customer_of(event: object) -> str | None:
    """The key customer that an event is about."""
    return event.customer_id if isinstance(event, OF_CUSTOMER) else None


def message_of(event: object) -> str | None:
    """The text that an event is about, by our own id."""
    return event.message_id if isinstance(event, OF_TEXT) else None


def provider_sid_of(event: object) -> str | None:
    """The text that an event is about, by its provider's id."""
    return event.provider_sid if isinstance(event, OF_PROVIDER) else None


def reason_of(event: object) -> str | None:
    """The event's own reason."""
    return event.reason if isinstance(event, WITH_REASON) else None


def lines_of(event: object) -> Iterator[str]:
    """The lines that an event names."""
    if isinstance(event, CustomerUpserted):
        yield from event.own_lines
    for extent in _extents(event):
        yield from extent.lines if extent else ()


def _extents(event: object) -> tuple[Extent | None, ...]:
    if isinstance(event, RestorationPart):
        return (event.restored, event.remaining)
    return (event.extent,) if isinstance(event, WITH_EXTENT) else ()
