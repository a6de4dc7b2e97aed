"""Ask dispatch about an outage that its list lacks, where nobody says in time whether power is back. Pure.

Absence proves nothing: no promise, no deadline and no restoration hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.dispatch import SupplyPerhapsRestored
from schemas.contracts.restorations import FactAccepted, FactQuestioned
from services.plausibility import STILL_MISSING, Doubt, ask, question_about
from services.restorer.domain.doubting import explained
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

TIMER: Final = "absence"


def missing_since(state: SupplyState, course: Course) -> datetime | None:
    """Since when its list lacks an outage of which power is off; None where it does not, or a claim of that was refused since."""
    if not state.absence.missing or not course.known or course.now.over is not None or course.status == "merged":
        return None
    began = course.now.began or course.began
    refused = max((at for at, _ in state.refused), default=None)
    return state.absence.since(refused, began.at if began is not None else None)


def timers(state: SupplyState, course: Course, limit: timedelta) -> dict[str, datetime]:
    """When dispatch is to be asked; nothing once it was."""
    since = missing_since(state, course)
    if since is None or question_about(state.mrid, since) in state.questions:
        return {}
    return {TIMER: since + limit}


def question(state: SupplyState, since: datetime, due_at: datetime, now: datetime) -> FactQuestioned:
    """Whether power is back."""
    fact = SupplyPerhapsRestored(mrid=state.mrid, missing_at=since)
    return ask(fact, Doubt(STILL_MISSING, "missing_at", since, due_at), state.missed_by, now)


def settled(state: SupplyState, course: Course, cause: str, now: datetime) -> Iterator[FactAccepted]:
    """The end of a question whose outage is listed again, or over."""
    since = missing_since(state, course)
    stands = None if since is None else question_about(state.mrid, since)
    for name, asked in state.questions.items():
        if asked.reason == STILL_MISSING and name != stands:
            yield explained(state, asked, cause, now)
