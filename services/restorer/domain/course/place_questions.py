"""Ask dispatch about restorations that do not fit where the outage is, by the network model or by names. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from schemas.contracts.base import Extent
from schemas.contracts.network import ModelRef
from services.places.extents import all_names, same, says_nothing
from services.plausibility import ABOUT_PLACES, NOT_ALL_NAMED, NOT_IN_OUTAGE, ask_about_places, question_of
from services.restorer.domain.course.beside import few
from services.restorer.domain.doubting import Word, explained
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

NAMES_TOLD: Final = 5


def about_places(
    state: SupplyState, course: Course, models: tuple[ModelRef, ...], cause: str, now: datetime
) -> Iterator[Word]:
    """Questions about restorations that do not fit where the outage is, each once; and the end of those that do by now."""
    asked = {question_of(one.claim): one for one in course.doubtful}
    began = course.began.at if course.began is not None else now
    for question in state.questions.values():
        if question.reason in ABOUT_PLACES and question.question_id not in asked:
            yield explained(state, question, cause, now)
    for name, one in asked.items():
        if name in state.questions or name in state.doubts.answers:
            continue
        listed = not says_nothing(one.strange)
        refused = listed and same(one.strange, one.claim.extent)
        yield ask_about_places(
            one.claim,
            NOT_IN_OUTAGE if listed else NOT_ALL_NAMED,
            _not_in_it(one.strange) if listed else _not_all(one.unnamed),
            one.cause,
            began,
            now,
            places=few(one.strange) if listed else few(one.claim.extent),
            models=models,
            taken=not refused,
        )


def _not_in_it(strange: Extent) -> str:
    shown = ", ".join(all_names(strange)[:NAMES_TOLD])
    return (
        f"supply.restored says that power is back at {shown}: as far as is known, not a place of this outage. "
        "Does the outage reach there, or is another one meant?"
    )


def _not_all(unnamed: int) -> str:
    return (
        f"supply.restored says that all is back and lists places; by the network model {unnamed:,} usage points of this outage "
        "hang on none of them. Have they power, too? It was taken as said: all is back."
    )
