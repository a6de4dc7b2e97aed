"""Ask dispatch about places that do not fit: restorations elsewhere, and names that the network model has otherwise. Pure.

What dispatch names counts as it is named, and whoever is registered there is told. That the model knows no such line, or has a
transformer hang on another one than is named beside it, is asked: one of the two is wrong, and a name that means nothing reaches
nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from schemas.contracts.all_types import type_of
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CurtailmentOrdered, ExtentChanged, FieldFact, OutageStarted
from schemas.contracts.network import ModelRef
from services.places import extents
from services.places.extents import all_names, names, same, says_nothing
from services.places.names import forms
from services.places.topology import NetworkPart
from services.plausibility import (
    ABOUT_NAMED,
    ABOUT_PLACES,
    HANGS_ELSEWHERE,
    HAPPENED,
    NOT_ALL_NAMED,
    NOT_IN_NETWORK,
    NOT_IN_OUTAGE,
    ask_about_places,
    question_of,
)
from services.restorer.domain.course.beside import Beside, few
from services.restorer.domain.course.places import NOWHERE
from services.restorer.domain.doubting import Word, explained
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

NAMES_TOLD: Final = 5
WIDEST_FIRST: Final = ("lines", "transformers", "usage_points")
SAY_WHERE: Final = (OutageStarted, ExtentChanged, CurtailmentOrdered)
OFF: Final = frozenset({"predicted", "confirmed", "partiallyRestored"})


def about_places(
    state: SupplyState, course: Course, models: tuple[ModelRef, ...], beside: Beside, cause: str, now: datetime
) -> Iterator[Word]:
    """Questions about where power is off, and where it is said to be back."""
    yield from _about_restorations(state, course, models, cause, now)
    yield from _about_named(state, course, beside, cause, now)


def _about_restorations(
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


def _about_named(state: SupplyState, course: Course, beside: Beside, cause: str, now: datetime) -> Iterator[Word]:
    """The question whether an outage lies where it is said to, once for each word that says so; and its end.

    It ends where dispatch names other places, where power is back, and where the network by now has it as it was said. It is looked
    at with that word alone, and while a question stands: an outage may name 20,000 places, and hears many facts.
    """
    asked = [question for question in state.questions.values() if question.reason in ABOUT_NAMED]
    found = _says_where(state, course.extent, cause, anyhow=bool(asked)) if course.status in OFF else None
    name = question_of(found[0]) if found is not None else None
    odd = _odd(course.extent, beside) if found is not None else None
    for question in asked:
        if question.question_id != name or (odd is not None and says_nothing(odd)):
            yield explained(state, question, cause, now)
    if found is None or name in state.questions or name in state.doubts.answers or odd is None or says_nothing(odd):
        return
    fact, said_by = found
    lacked = extents.common(odd, beside.lacked.extent) if beside.lacked is not None else NOWHERE
    unknown = not says_nothing(lacked)
    yield ask_about_places(
        fact,
        NOT_IN_NETWORK if unknown else HANGS_ELSEWHERE,
        _lacks(fact, lacked) if unknown else _elsewhere(fact, odd),
        said_by,
        getattr(fact, HAPPENED[type(fact)]),
        now,
        places=few(odd),
        models=beside.lacked.models if beside.lacked is not None else (),
        taken=True,
    )


def _odd(extent: Extent, beside: Beside) -> Extent | None:
    """What of an extent the network has otherwise: it lacks it, or has it elsewhere; None where it was not asked."""
    if beside.lacked is None:
        return None
    apart = hang_elsewhere(beside.network, extent) if beside.network is not None else NOWHERE
    return extents.union((extents.common(extent, beside.lacked.extent), apart))


def _says_where(state: SupplyState, extent: Extent, cause: str, *, anyhow: bool) -> tuple[FieldFact, str] | None:
    """The latest word that says that the outage lies there, and its cause; None where it is put together of several.

    None, too, where that word is not the one heard now, by its `cause`; `anyhow`: whichever it is.
    """
    told: list[tuple[FieldFact, str]] = [each for kind in SAY_WHERE for each in state.of(kind)]
    if not anyhow and all(said_by != cause for _, said_by in told):
        return None
    found = [(fact, said_by) for fact, said_by in told if not says_nothing(fact.extent) and same(fact.extent, extent)]  # type: ignore[attr-defined]
    return max(found, key=lambda one: (getattr(one[0], HAPPENED[type(one[0])]), one[1]), default=None)


def hang_elsewhere(network: NetworkPart, extent: Extent) -> Extent:
    """Named transformers and usage points that the network has, and none of them on a line or transformer named beside them."""
    wider: frozenset[str] = frozenset()
    found: dict[str, tuple[str, ...]] = {}
    for kind in WIDEST_FIRST:
        written = names(extent, kind)
        known = [(name, form) for name, form in zip(written, forms(written), strict=True) if network.called(kind, form)]
        if wider:
            # Of a substation that is named beside a line on it the line hangs on that.
            found[kind] = tuple(
                name
                for name, form in known
                if wider.isdisjoint(network.called(kind, form)) and wider.isdisjoint(network.under(kind, form))
            )
        if kind != WIDEST_FIRST[-1]:
            wider = wider.union(*(network.under(kind, form) for _, form in known))
    return replace(NOWHERE, **found)


def _lacks(fact: FieldFact, lacked: Extent) -> str:
    shown = ", ".join(all_names(lacked)[:NAMES_TOLD])
    return (
        f"{type_of(fact)} names {shown}, which the network model does not have. Is the name right? It counts as it was "
        "written: who is registered under just this name is told, and nobody else is meant by it."
    )


def _elsewhere(fact: FieldFact, odd: Extent) -> str:
    shown = ", ".join(all_names(odd)[:NAMES_TOLD])
    return (
        f"{type_of(fact)} names {shown}; by the network model that hangs on none of the lines and transformers named beside it. "
        "Is power off there, too? It was taken as said."
    )
