"""Retry requests that cannot be answered now, after growing pauses, and log each trouble once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.kernel.adapters.away import AWAY
from services.kernel.clock import Clock
from services.kernel.observing.complaint import Complaint
from services.kernel.operators.actions import NotYet

FIRST_SECONDS: Final = 0.4
LONGEST_SECONDS: Final = 30.0
AWAY_SECONDS: Final = 2.0
"""Where somebody is away the pause grows no further: the brake must be soon after the database is back."""


@dataclass(slots=True)
class _Try:
    pause: float
    until: float
    complaint: Complaint
    away: bool


class StuckRequests:
    """What could not be judged, and until when it is left alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[UUID, _Try] = {}

    def keep(self, waiting: Collection[UUID]) -> None:
        """Forget all that has its answer."""
        self._tries = {name: one for name, one in self._tries.items() if name in waiting}

    def waits(self, request: UUID) -> bool:
        """Whether it is to be left alone for now."""
        known = self._tries.get(request)
        return known is not None and self._clock.monotonic() < known.until

    @property
    def away(self) -> bool:
        """Whether some of it only waits for who is away."""
        return any(one.away for one in self._tries.values())

    def failed(self, request: UUID, error: BaseException) -> None:
        """Say it, the first time with where it came from, and leave the request alone for a while."""
        known = self._tries.get(request)
        away, passing = isinstance(error, AWAY), isinstance(error, (*AWAY, NotYet))
        pause = FIRST_SECONDS if known is None else min(known.pause * 2, AWAY_SECONDS if passing else LONGEST_SECONDS)
        complaint = known.complaint if known else Complaint("an operator's request cannot be judged", self._clock)
        more: dict[str, Any] = {} if known is not None or passing else {"exc_info": error}
        complaint.say(error, request=str(request), **more)
        self._tries[request] = _Try(pause, self._clock.monotonic() + pause, complaint, away)
