"""The live views of the services, as far as a look-up reads them: each with its fields, in this one place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from schemas.contracts.base import CrewStatusKind, Extent, OutageClass, Period
from services.notifier.domain.customer.conversation import HeldBack
from services.notifier.domain.events import TextMeant
from services.notifier.domain.text_states import TextState
from services.restorer.domain.lifecycle import Status

OFF = frozenset[Status]({"predicted", "confirmed", "partiallyRestored"})


class View(Struct, frozen=True, rename="camel"):
    """A part of a view; what an older version's view lacks has its default."""


class ExpectedWord(View, frozen=True):
    """One word on when power is back."""

    at: datetime
    confidence: str | None = None


class StepView(View, frozen=True):
    """A part that has power again."""

    episode: int = 1
    restored_at: datetime | None = None
    restored: Extent = Extent()


class EpisodeView(View, frozen=True):
    """One time that power was off."""

    number: int


class RefusalView(View, frozen=True):
    """A claim of power that was not believed."""

    reason: str


class JoinedView(View, frozen=True):
    """An outage that was merged into this one."""

    m_rid: str = field(name="mRID")


class EvidenceView(View, frozen=True):
    """Where meters or customers deny that power is back: at most 50 of the points, and how many there are."""

    denied: tuple[str, ...] = ()
    denied_points: int = 0


class GuidanceView(View, frozen=True):
    """Help by telephone with a fault in the customer's own installation."""

    given_at: datetime
    by: str
    outcome: str = "unknown"


class SupplyView(View, frozen=True):
    """An outage as the restorer shows it (services/restorer/domain/view.py)."""

    status: Status
    outage_class: OutageClass | None = None
    extent: Extent | None = None
    remaining: Extent | None = None
    started_at: datetime | None = None
    reported_at: datetime | None = None
    ert: datetime | None = None
    next_update_at: datetime | None = None
    ert_changes: int = 0
    ert_history: tuple[ExpectedWord, ...] = ()
    restored_at: datetime | None = None
    withdrawn_at: datetime | None = None
    perhaps_restored_since: datetime | None = None
    """Since when the list that it comes from lacks it, which proves nothing."""
    reclassified_at: datetime | None = None
    was_class: OutageClass | None = None
    """What it was said to be first, where dispatch has said anew what it is."""
    plan_mrid: str | None = field(name="planMRID", default=None)
    merged_into: str | None = None
    merged_at: datetime | None = None
    joined: tuple[JoinedView, ...] = ()
    crew_status: CrewStatusKind | None = None
    episodes: tuple[EpisodeView, ...] = ()
    steps: tuple[StepView, ...] = ()
    refusals: tuple[RefusalView, ...] = ()
    evidence: EvidenceView = EvidenceView()
    guidance: tuple[GuidanceView, ...] = ()

    @property
    def since(self) -> datetime | None:
        """Since when power is off, or was first said to be."""
        return self.started_at or self.reported_at

    @property
    def called_first(self) -> OutageClass | None:
        """What it was said to be first, where it is another thing."""
        return self.was_class if self.was_class != self.outage_class else None


NO_SUPPLY = SupplyView("unknown")


class NoticeView(View, frozen=True):
    """A notice in force, as the planner shows it (services/planner/domain/view.py)."""

    notice_id: str
    outage_class: OutageClass
    planned_period: Period
    extent: Extent
    published_at: datetime | None = None


class PlanView(View, frozen=True):
    """A plan as the planner shows it."""

    standing: str | None = None
    started_at: datetime | None = None
    notice: NoticeView | None = None


class TextView(View, frozen=True):
    """A text of a conversation."""

    state: TextState
    meant: TextMeant | None = None
    requested_at: datetime | None = field(name="requested_at", default=None)
    not_before: datetime | None = field(name="not_before", default=None)

    @property
    def told_at(self) -> datetime | None:
        """When it went to them; None for one that did not."""
        went = (at for at in (self.requested_at, self.not_before) if at is not None)
        return max(went, default=None) if self.state in ("accepted", "delivered") else None


class HeardView(View, frozen=True):
    """What they answered, as far as it lasts."""

    opted_out: Mapping[str, datetime] = field(name="opted_out", default_factory=dict)
    """Contacts that said STOP, since when."""


class OwedView(View, frozen=True):
    """A word or a call that is promised to a customer, and not given."""

    obligation: str
    due_at: datetime
    state: str
    warn_again_at: tuple[datetime, ...] = ()
    warned: int = 0

    @property
    def is_last_warning(self) -> bool:
        """Whether it was called at risk as often as it will be, of more times than one."""
        return bool(self.warn_again_at) and self.warned > len(self.warn_again_at)


class ConversationView(View, frozen=True):
    """A conversation as the notifier shows it (services/notifier/domain/customer/decider.py)."""

    texts: Mapping[str, TextView] = field(default_factory=dict)
    hushed: Mapping[str, HeldBack] = field(default_factory=dict)
    """By thread: what was not said, when that is looked at again, and why."""
    promises: tuple[OwedView, ...] = ()
    confirmed_at: datetime | None = None
    """When they last said, or had said for them, that they know."""
    turned_at: datetime | None = field(name="turned_at", default=None)
    """When power last went off or came back for them."""
    heard: HeardView = HeardView()

    @property
    def is_confirmed(self) -> bool:
        """Whether that was of what they were told last, and of how things stand (domain/customer/owing/confirming.py)."""
        known = self.confirmed_at
        since = [at for at in (self.turned_at, *(one.told_at for one in self.texts.values())) if at is not None]
        return known is not None and known >= max(since, default=known)
