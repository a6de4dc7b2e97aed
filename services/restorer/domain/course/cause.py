"""Say what caused an outage, where dispatch has confirmed it: a guess is told to nobody (第1篇 3.4.4). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.contracts.dispatch import OutageCorrected
from services.instants import tie
from services.restorer.domain.state import SupplyState

if TYPE_CHECKING:
    from services.restorer.domain.lifecycle import Course


def confirmed_cause(state: SupplyState, course: Course) -> str | None:
    """The cause of the present time without power, in public words: as it was corrected last, else as a confirmed start says.

    What was said before power went off again is not known to be the cause of that. What crews find when a cause is cleared
    (`cause.cleared`) is not said in words for the public.
    """
    since = course.now.began
    corrections = [
        (word.corrected_at, tie(word), word.cause)
        for word, _ in state.of(OutageCorrected)
        if word.cause and (since is None or word.corrected_at >= since.at)
    ]
    if corrections:
        return max(corrections)[-1]
    starts = [
        (start.at, tie(start.fact), start.fact.cause)
        for start in state.starts()
        if start.fact.confirmed and start.fact.cause and (since is None or start.at >= since.at)
    ]
    return max(starts)[-1] if starts else None
