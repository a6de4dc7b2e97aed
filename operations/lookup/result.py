"""What a look-up found: the outages that touch a place, the texts to its customers, and what is promised next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

import msgspec

from operations.lookup.meters import KnownMeter
from operations.lookup.named import NamedThing
from operations.lookup.views import NO_SUPPLY, OFF, NoticeView, OwedView, PlanView, SupplyView
from operations.system.database import Row
from schemas.contracts.base import EARLIEST
from schemas.contracts.customers import Supply
from schemas.contracts.messages import Trigger
from services.concerned.supplies import Plight
from services.notifier.domain.customer.conversation import HeldBack
from services.notifier.domain.text_states import RowState

OF_LATE: Final = timedelta(hours=24)


@dataclass(slots=True)
class TouchingOutage:
    """One outage that touches the place."""

    mrid: str
    by: tuple[str, ...]
    """kind:name pairs that lie in the outage's extent, or hang on it by the network model."""
    supply: SupplyView | None = None
    """The restorer's view."""
    plan: PlanView | None = None
    """The planner's view."""
    back_in_part: bool = False
    """In the extent, but given power back by a step."""
    cause: str | None = None
    reason: str | None = None
    parked: bool = False
    unread: list[dict[str, Any]] = field(default_factory=list)
    """What waits in quarantine about it."""
    by_network: tuple[str, ...] = ()
    """Those of `by` that it does not name: they hang on what it names."""
    through: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of `by_network` the names in the outage on which each hangs, as dispatch wrote them."""
    back_by_network: tuple[str, ...] = ()
    """Places that hang on it, where a step gave power back."""
    fed_elsewhere: tuple[str, ...] = ()
    """Of the customer who is asked for, who has several supplies, the places to which power comes through nothing that it names."""
    denied: bool = False
    """Power is said to be back, and a meter or a customer there says that it is not."""

    def is_of_late(self, now: datetime) -> bool:
        """Whether it came to its end in the last 24 hours."""
        ends = (self.view.restored_at, self.view.withdrawn_at, self.view.merged_at)
        return any(at is not None and at >= now - OF_LATE for at in ends)

    @property
    def view(self) -> SupplyView:
        """The restorer's view, empty where it has none."""
        return self.supply or NO_SUPPLY

    @property
    def notice(self) -> NoticeView | None:
        """The notice in force."""
        return self.plan.notice if self.plan else None


class RecentText(msgspec.Struct, frozen=True, rename="camel"):
    """A text to a customer, a row of query `texts`."""

    message_id: str
    customer_id: str
    contact_id: str
    mrids: list[str]
    trigger: Trigger
    state: RowState
    body: str
    requested_at: datetime
    closed_at: datetime | None
    template_id: str | None = None
    not_before: datetime | None = None
    changes_at: datetime | None = None
    """Of planned work: when what it says first changes something."""

    @classmethod
    def of(cls, row: Row) -> Self:
        """The row."""
        return cls(**{name: row[name] for name in cls.__struct_fields__})


class CodedText(RecentText, frozen=True, rename="camel"):
    """A text with the code that is asked for, a row of query `texts_of_code`."""

    why: str | None = None
    """Why it was asked for."""
    ended: str | None = None
    """Why it came to nothing, if it did."""


@dataclass(slots=True)
class LookupResult:
    """All there is to say."""

    id: str
    now: datetime
    known: list[NamedThing] = field(default_factory=list)
    hits: list[TouchingOutage] = field(default_factory=list)
    texts: list[RecentText] = field(default_factory=list)
    coded: list[CodedText] = field(default_factory=list)
    """The texts with the code that is asked for, oldest first."""
    next_word: datetime | None = None
    """When the customer was last promised another word, if that is still to come."""
    hushed: list[HeldBack] = field(default_factory=list)
    """What is not said to the customer at present, until when, and why."""
    owed: list[OwedView] = field(default_factory=list)
    """What is promised to the customer, and not given: words, and who is to call them."""
    confirmed_at: datetime | None = None
    """When they last said, or had said for them, that they know."""
    knows_the_latest: bool = False
    """Whether that was of what they were told last, and of how things have stood since."""
    no_texts: dict[str, datetime] = field(default_factory=dict)
    """Contacts that said STOP, since when."""
    plight: Plight | None = None
    """How the supplies of the customer stand who is asked for, where they have several."""
    similar: list[str] = field(default_factory=list)
    """Names that hold the one asked for, where it is none itself."""
    meters: list[KnownMeter] = field(default_factory=list)
    """The meters of the usage points that are asked for."""
    choices: list[str] = field(default_factory=list)
    """Customers that may be meant, where several may."""

    @property
    def off(self) -> list[TouchingOutage]:
        """Outages that hold the place now, the latest first."""
        held = [hit for hit in self.hits if hit.supply and hit.supply.status in OFF and not hit.back_in_part]
        return sorted(held, key=lambda hit: _since(hit.view), reverse=True)

    @property
    def over(self) -> list[TouchingOutage]:
        """Outages that are over there: in the last 24 hours, or asked for themselves."""
        return [hit for hit in self.hits if hit.supply and (hit.back_in_part or hit.supply.status not in OFF)]

    @property
    def ahead(self) -> list[tuple[TouchingOutage, NoticeView]]:
        """Noticed work that has not begun, by its start."""
        planned = [
            (hit, hit.plan.notice)
            for hit in self.hits
            if hit.plan and hit.plan.notice and not hit.plan.started_at and not hit.supply
        ]
        return sorted(planned, key=lambda one: one[1].planned_period.start)

    @property
    def lost(self) -> list[Supply]:
        """Of several supplies those that are lost while the customer has power."""
        if self.plight is None or self.plight.off:
            return []
        return [
            one for thing in self.known for who in thing.people for one in who.supplies if one.id in self.plight.lost
        ]


def _since(view: SupplyView) -> tuple[bool, datetime]:
    """For an order in time; an outage whose start nobody knows comes last."""
    return (view.started_at is None, view.started_at or EARLIEST)
