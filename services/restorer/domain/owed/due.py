"""A promise as the facts ask for it, and how it stands by them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from schemas.contracts.base import RuleRef
from services.promises import Standing
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.territory import WhereItLies
from services.restorer.domain.events import BrokenBefore


@dataclass(frozen=True, slots=True)
class DuePromise:
    """A promise as the facts want it: one rule in one episode."""

    rule: RuleRef
    episode: int
    obligation: str
    since: Moment
    due_at: datetime
    at_risk_at: datetime
    done: Moment | None
    warn_again_at: tuple[datetime, ...] = ()
    moot: Moment | None = None
    """What made the thing promised needless: power back before any crew came."""
    provisional: bool = False
    """Whether the deadline was counted over a year whose holidays nobody has announced."""
    void: tuple[str, Moment] | None = None
    """Why the promise does not bind at all, and the fact that says so."""
    where: WhereItLies | None = None
    """The territories of the outage for which the rule asks it, and who says that it lies there."""
    quiet: bool = False
    """Where it binds nobody, and was never made, nothing is said of it."""
    broken: BrokenBefore | None = None
    """It was broken already when outages that are one still had promises of their own: that stays so."""

    def standing(self, due_at: datetime) -> Standing:
        """How the promise stands by the facts alone; open where only its deadline can decide."""
        if self.void is not None:
            return "voided"
        if self.broken is not None:
            return "broken"
        if self.done is not None and self.done.at <= due_at:
            return "kept"
        if self.moot is not None and self.moot.at <= due_at:
            return "voided"
        return "open" if self.done is None else "broken"

    @property
    def is_silent(self) -> bool:
        """Whether nothing is said of it unless it was made before."""
        return self.quiet and self.void is not None

    @property
    def void_reason(self) -> str:
        """The named reason of a voided promise."""
        return self.void[0] if self.void is not None else "restored-before-crew"
