"""The state of an outage after one more event: a fact is kept, a word that was said is remembered. Nothing is concluded here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from schemas.contracts import dispatch, restorations
from schemas.contracts.base import Extent
from schemas.contracts.promises import TYPES as PROMISE_TYPES
from schemas.contracts.promises import Promise
from services.kernel.model import Event
from services.plausibility import (
    ARRIVED_BEFORE,
    CLEARED_BEFORE,
    EXPLAINED,
    NOT_ALL_NAMED,
    NOT_SAID_BACK,
    RESTORED_BEFORE,
    UNSAID,
    WITHDRAWN_BEFORE,
    FactHeld,
)
from services.promises import remember
from services.restorer.domain.callers import calls_said
from services.restorer.domain.events import OutageClosed, SupplyByModel, SupplyJoins, TerritoryByModel
from services.restorer.domain.evidence.checked import DENIALS
from services.restorer.domain.state import HeldThen, SupplyState

AMONG = frozenset({RESTORED_BEFORE, ARRIVED_BEFORE, CLEARED_BEFORE, WITHDRAWN_BEFORE})
"""Reasons of doubt that lie in what else is known: the fact is recorded, and counts for nothing."""
TAKEN_BACK = "restoration-taken-back"
PART_TAKEN_BACK = "part-taken-back"


def _promised(state: SupplyState, said: Promise) -> SupplyState:
    return replace(state, promises=remember(state.promises, said))


def _part(state: SupplyState, part: restorations.RestorationPart) -> SupplyState:
    parts = {**state.parts, part.step: (part.restored_at, part.restored)}
    named = any(claim.extent == part.restored for claim, _ in state.of(dispatch.SupplyRestored))
    concluded = state.concluded if named else state.concluded | {part.step}
    stays = _stays(state.stays, HeldThen(part.restored_at, part.step, part.stay_out))
    return replace(state, parts=parts, concluded=concluded, step=max(state.step, part.step), stays=stays)


def _stays(known: tuple[HeldThen, ...], said: HeldThen) -> tuple[HeldThen, ...]:
    """What is known of who stayed out, with a new word on one step."""
    kept = tuple(one for one in known if (one.at, one.step) != (said.at, said.step))
    return (*kept, said) if said.outages else kept


def _confirmed(state: SupplyState, confirmed: restorations.RestorationConfirmed) -> SupplyState:
    stays = _stays(state.stays, HeldThen(confirmed.restored_at, 0, confirmed.stay_out))
    return replace(state, announced=confirmed.restored_at, turns=state.turns + 1, stays=stays)


def _refused(state: SupplyState, refused: restorations.RestorationRefused) -> SupplyState:
    if refused.reason == PART_TAKEN_BACK:
        parts = {step: part for step, part in state.parts.items() if step != refused.step}
        stays = tuple(one for one in state.stays if one.step != refused.step)
        return replace(state, parts=parts, concluded=state.concluded & parts.keys(), stays=stays)
    gone = HeldThen(refused.claimed_at, 0, ())
    return replace(
        state,
        stays=_stays(state.stays, gone) if refused.reason == TAKEN_BACK else state.stays,
        refused=state.refused | {(refused.claimed_at, refused.reason)},
        announced=None if refused.reason == TAKEN_BACK else state.announced,
        turns=state.turns + (refused.reason == TAKEN_BACK),
    )


def _checked(state: SupplyState, word: restorations.RestorationChecked) -> SupplyState:
    return replace(state, checked=state.checked.say(word))


def _closed(state: SupplyState, closed: OutageClosed) -> SupplyState:
    closings = (*state.closings, closed)
    return replace(state, closed_episode=closed.episode, closed_at=closed.closed_at, closings=closings)


def _held(state: SupplyState, held: FactHeld) -> SupplyState:
    return replace(state, doubts=state.doubts.hear(held))


def _questioned(state: SupplyState, asked: restorations.FactQuestioned) -> SupplyState:
    doubted = state.doubted | {(asked.fact_type, asked.given)} if asked.reason in AMONG else state.doubted
    checked = state.checked.ask() if asked.reason in DENIALS else state.checked
    back = state.asked_back | {asked.question_id} if asked.reason in UNSAID else state.asked_back
    questions = {**state.questions, asked.question_id: asked}
    return replace(state, questions=questions, doubted=doubted, checked=checked, asked_back=back)


def _answered(state: SupplyState, answer: restorations.FactAccepted | restorations.FactRefused) -> SupplyState:
    question = state.questions.get(answer.question_id)
    left = {name: one for name, one in state.questions.items() if name != answer.question_id}
    doubted = state.doubted
    if question is not None and answer.reason == EXPLAINED:
        # It counts by itself now. Where a person stands by it, that very word counts in its place.
        doubted -= {(question.fact_type, question.given)}
    elif question is not None and question.reason == NOT_ALL_NAMED and isinstance(answer, restorations.FactRefused):
        # It counted meanwhile; now it does not.
        doubted |= {(question.fact_type, question.given)}
    off_at = state.off_said_at
    if question is not None and question.reason == NOT_SAID_BACK and isinstance(answer, restorations.FactRefused):
        off_at = max(filter(None, (off_at, answer.at)))
    checked = state.checked.answer(answer) if question is not None and question.reason in DENIALS else state.checked
    return replace(
        state,
        questions=left,
        doubted=doubted,
        doubts=state.doubts.hear(answer),
        absence=state.absence.hear(answer),
        off_said_at=off_at,
        checked=checked,
    )


def _by_model(state: SupplyState, word: SupplyByModel) -> SupplyState:
    known = {**state.by_model, **{one.claim: one for one in word.claims}}
    return replace(
        state,
        by_model={name: one for name, one in known.items() if one.outcome != "names"},
        network=structs.replace(word, claims=(), extents=(), stays=None),
        sizes={**state.sizes, **{one.name: one.customers for one in word.extents}},
        found=state.found if word.stays is None else word.stays,
    )


def _placed(state: SupplyState, word: TerritoryByModel) -> SupplyState:
    return replace(state, territory=word)


def _classified(state: SupplyState, said: restorations.OutageClassified) -> SupplyState:
    return replace(state, classified=structs.replace(said, extent=Extent()))


def _merged(state: SupplyState, merged: restorations.MergeConfirmed) -> SupplyState:
    return replace(state, merged=merged)


def _joins(state: SupplyState, joins: SupplyJoins) -> SupplyState:
    if joins.mrid == state.mrid:
        return replace(state, joins=joins)
    return replace(state, joined={**state.joined, joins.mrid: joins})


_SAID: Mapping[type, Callable[[SupplyState, Any], SupplyState]] = {
    **dict.fromkeys(PROMISE_TYPES.values(), _promised),
    restorations.RestorationPart: _part,
    restorations.RestorationConfirmed: _confirmed,
    restorations.RestorationChecked: _checked,
    restorations.RestorationRefused: _refused,
    restorations.FollowupDue: calls_said.asked_for,
    restorations.FollowupEnded: calls_said.ended,
    restorations.FactQuestioned: _questioned,
    restorations.FactAccepted: _answered,
    restorations.FactRefused: _answered,
    restorations.OutageClassified: _classified,
    FactHeld: _held,
    OutageClosed: _closed,
    SupplyByModel: _by_model,
    TerritoryByModel: _placed,
    restorations.MergeConfirmed: _merged,
    SupplyJoins: _joins,
}


def say(state: SupplyState, said: Any) -> SupplyState:
    """The state after something was said about the outage; words of a kind not known here change nothing."""
    heard = _SAID.get(type(said))
    return state if heard is None else heard(state, said)


def evolve(state: SupplyState, event: Event) -> SupplyState:
    """The state after one event of the log."""
    return fold(state, event.data, event.cause)


def fold(state: SupplyState, data: Any, cause: str) -> SupplyState:
    """The state with one more: a fact is kept, a word said is remembered."""
    if type(data) not in _SAID and isinstance(data, dispatch.Fact):
        return state.with_fact(data, cause)
    return say(state, data)
