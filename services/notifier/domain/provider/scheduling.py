"""Send in two phases where a provider holds a message until its time and takes it back before: create, reconcile, let it go. Pure.

What waits with the provider has not gone. So an answer that is lost costs nothing: whatever was created beside the one that is
kept is taken back before anybody reads it. It takes time, which only a notice of work to come has.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from schemas.contracts.messages import Lane, Trigger
from services.notifier.domain.customer.lanes import NOTICES
from services.notifier.domain.provider.port import LookupFailed
from services.policy.quiet import Nights

SCHEDULED: Final = "scheduled"
"""The provider's word for a message that waits for its time."""
CANCELED: Final = "canceled"
BAD_SCHEDULE: Final = "bad-schedule"
AHEAD: Final = timedelta(minutes=20)
"""So long a message waits with the provider: Twilio wants 15 minutes at least by its own clock."""
RECONCILE: Final = timedelta(minutes=10)
"""So long before its time it is reconciled: by then a list shows what was created, and extra ones can still be taken back."""
LAST: Final = timedelta(minutes=3)
"""What may not go by now, or cannot be reconciled, is taken back: it goes later."""
ROOM: Final = timedelta(minutes=30)
"""A text that is due sooner goes at once."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The message waits no more and will never go."""


@dataclass(frozen=True, slots=True)
class Gone:
    """It has left: too late to take it back."""


TakeBack = TakenBack | Gone | LookupFailed


@runtime_checkable
class SchedulingProvider(Protocol):
    """A provider that holds messages until their time."""

    @property
    def name(self) -> str:
        """As in attempts."""

    @property
    def schedules(self) -> bool:
        """Whether it does by its settings."""

    async def take_back(self, sid: str) -> TakeBack:
        """Has a message that waits not go. Asked twice of one that waits no more, it is taken back all the same."""


def waits_with_provider(
    trigger: Trigger, lane: Lane, *, now: datetime, due_at: datetime, expires_at: datetime, nights: Nights | None = None
) -> timedelta | None:
    """How long from now a text is to wait with the provider; None: it goes at once.

    Only notices of work that lies ahead have the time, and only while they are not nearly due. What would go after nightfall
    goes at once: nobody is woken for later work.

    >>> from datetime import UTC
    >>> now = datetime(2026, 3, 5, 9, tzinfo=UTC)
    >>> hours = lambda n: now + timedelta(hours=n)
    >>> waits_with_provider("planned-notice", "notice", now=now, due_at=hours(2), expires_at=hours(99))
    datetime.timedelta(seconds=1200)
    >>> waits_with_provider("fault", "key", now=now, due_at=hours(2), expires_at=hours(99))
    """
    if lane != "notice" or trigger not in NOTICES or min(due_at, expires_at) - now < ROOM:
        return None
    goes = now + AHEAD
    return AHEAD if nights is None or nights.over(goes) == goes else None
