"""Describe in words how promises fared: for a history, a log book and a watch."""

from __future__ import annotations

from collections.abc import Mapping

from operations.history.subjects import reason_of
from operations.times import Times, span
from outagectl.words.catalogue import catalogue, words
from outagectl.words.vocabulary import ObligationWords
from schemas.contracts.base import TerritorySource
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)


def _subject(e: Promise) -> str:
    return f"{e.rule.rule_id if e.rule else '?'} ({e.promise_id})"


_BY: Mapping[TerritorySource, str] = {
    "dispatch": "as dispatch says",
    "network": "by the network model",
    "policy": "by the policy, for nobody says where",
}


def _where(e: PromiseMade) -> str:
    """For which territories, and who says that the outage lies there."""
    if not e.territories or e.territory_from is None:
        return ""
    editions = ", ".join(f"{one.model_id} of {one.date:%Y-%m-%d}" for one in e.network_models)
    return f" ({' and '.join(e.territories)}, {_BY[e.territory_from]}{f' {editions}' if editions else ''})"


def _broken(e: PromiseBroken, t: Times) -> str:
    unproven = ", facts were still waiting" if e.unproven else ""
    return f"Promise {_subject(e)} is broken, {t.text(e.at)}{unproven}"


PROMISES = catalogue(
    words(PromiseMade, lambda e, t: f"Promise {_subject(e)}: {e.obligation}, due {t.text(e.due_at)}{_where(e)}"),
    words(PromiseAtRisk, lambda e, t: f"Promise {_subject(e)} is at risk, due {t.text(e.due_at)}"),
    words(PromiseKept, lambda e, t: f"Promise {_subject(e)} is kept, {t.text(e.at)}"),
    words(PromiseBroken, _broken),
    words(PromiseVoided, lambda e, _: f"Promise {_subject(e)} no longer applies"),
    words(PromiseCorrected, lambda e, _: f"Promise {_subject(e)}: was {e.was}, is {e.now}"),
)


def in_book(e: Promise, about: ObligationWords, t: Times) -> str:
    """After the name of the service that made it. `about`: what was promised."""
    due = t.text(e.due_at)
    match e:
        case PromiseMade():
            return f"promises {about.promised} by {due}"
        case PromiseAtRisk():
            return f"promise at risk: {about.promised} by {due}, and nothing says so yet"
        case PromiseKept():
            return f"promise kept: {about.kept}, {span(e.due_at - e.at)} before it was due ({due})"
        case PromiseBroken():
            return f"promise broken: {about.broken} by {due}"
        case PromiseVoided():
            return f"promise void, nobody waits for it: {about.promised} by {due}"
    return PROMISES[type(e)].history(e, t)


def watched(e: Promise, thing: str, t: Times) -> str:
    """In a line with its rule and reason. `thing`: what was promised."""
    rule, due = e.rule.rule_id if e.rule else None, t.text(e.due_at)
    match e:
        case PromiseMade():
            return f"promises {thing} by {due} ({rule})"
        case PromiseCorrected():
            state = f"corrected from {e.was} to {e.now}"
        case PromiseAtRisk():
            state = "at risk"
        case PromiseKept():
            state = "kept"
        case PromiseBroken():
            state = "broken"
        case _:
            state = "voided"
    return f"promise {state}: {thing} by {due} ({reason_of(e)}, {rule})"
