"""Remember that a polled list lacks an outage: since when, until one names it or a person says that power is off. Pure.

Absence proves nothing; it only says for how long texts that a clock calls for are held, and when dispatch is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import OutageListedAgain, SupplyPerhapsRestored
from schemas.contracts.restorations import FactRefused
from services.plausibility.questions import question_of

KEPT: Final = 20
"""Of many absences in a row the first count: whoever repeats the word does not put off the question."""


@dataclass(frozen=True, slots=True)
class Absence:
    """What lists said of one outage, in whatever order it came."""

    missing: tuple[datetime, ...] = ()
    """When lists were polled that lack it, since it was last named; the earliest first."""
    listed_at: datetime | None = None
    """When the last list was polled that names it again, or a person last said that it is off."""

    def hear(self, fact: object) -> Absence:
        """After one more fact or answer; the same where it says nothing newer."""
        match fact:
            case SupplyPerhapsRestored(missing_at=at) if at not in self.missing:
                return self._of((*self.missing, at), self.listed_at)
            case OutageListedAgain(listed_at=at):
                return self._of(self.missing, at)
            case FactRefused(fact_type=kind, at=at) if kind == TYPE_OF[SupplyPerhapsRestored]:
                return self._of(self.missing, at)
            case _:
                return self

    def since(self, *unless: datetime | None) -> datetime | None:
        """Since when the outage is missing; None where it is not. What is not later than one of `unless` does not count."""
        over = max(filter(None, unless), default=None)
        return next((at for at in self.missing if over is None or at > over), None)

    def _of(self, missing: tuple[datetime, ...], listed_at: datetime | None) -> Absence:
        over = max(filter(None, (self.listed_at, listed_at)), default=None)
        left = tuple(sorted(at for at in missing if over is None or at > over))[:KEPT]
        return self if (left, over) == (self.missing, self.listed_at) else replace(self, missing=left, listed_at=over)


NEVER_MISSED: Final = Absence()


def question_about(mrid: str, missing_at: datetime) -> str:
    """The name of the question that dispatch is asked where nobody says more."""
    return question_of(SupplyPerhapsRestored(mrid=mrid, missing_at=missing_at))
