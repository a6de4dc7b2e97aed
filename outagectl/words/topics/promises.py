"""Describe in words how promises fared: for a history, a log book and a watch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from operations.duty.promises import AlarmedPromise
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
    PromiseExplained,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)
from services.promises import is_published
from services.tasks.domain.kinds import PROMISE_AT_RISK


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


def _which(e: PromiseAtRisk) -> str:
    """` (warning 2 of 2, 4 min left)`; nothing where there is only one."""
    if e.number is None or e.of is None or e.seconds_left is None:
        return ""
    last = "last warning" if e.number == e.of else f"warning {e.number} of {e.of}"
    return f" ({last}, {span(timedelta(seconds=e.seconds_left))} left)"


def _warned(e: PromiseAtRisk, t: Times) -> str:
    if not is_published(e):
        return f"Promise {_subject(e)}: nobody could be warned before it was due, {t.text(e.due_at)}"
    return f"Promise {_subject(e)} is at risk, due {t.text(e.due_at)}{_which(e)}"


PROMISES = catalogue(
    words(PromiseMade, lambda e, t: f"Promise {_subject(e)}: {e.obligation}, due {t.text(e.due_at)}{_where(e)}"),
    words(PromiseAtRisk, _warned),
    words(PromiseKept, lambda e, t: f"Promise {_subject(e)} is kept, {t.text(e.at)}"),
    words(PromiseBroken, _broken),
    words(PromiseVoided, lambda e, _: f"Promise {_subject(e)} no longer applies"),
    words(PromiseCorrected, lambda e, _: f"Promise {_subject(e)}: was {e.was}, is {e.now}"),
    words(PromiseExplained, lambda e, _: f"Why promise {_subject(e)} was broken, by {e.by}: {e.reason}"),
)


_VOID: Mapping[str, str] = {
    "reported": "that from the report counts",
    "ert-moved": "another time was said before",
    "time-gone-by": "the time was past when it was named",
    "ert-withdrawn": "the time was taken back before",
    "reopened": "power went off again",
}
"""Why a promise binds nobody any more, where that is not because nobody waits."""


def in_book(e: Promise, about: ObligationWords, t: Times) -> str:
    """After the name of the service that made it. `about`: what was promised."""
    due = t.text(e.due_at)
    match e:
        case PromiseMade():
            return f"promises {about.promised} by {due}"
        case PromiseAtRisk():
            if not is_published(e):
                return f"nobody could be warned in time: {about.promised} by {due}"
            return f"promise at risk: {about.promised} by {due}, and nothing says so yet{_which(e)}"
        case PromiseKept():
            return f"promise kept: {about.kept}, {span(e.due_at - e.at)} before it was due ({due})"
        case PromiseBroken():
            return f"promise broken: {about.broken} by {due}"
        case PromiseExplained():
            return f"why the promise was broken, by {e.by}: {e.reason}"
        case PromiseVoided():
            return f"promise void, {_VOID.get(e.reason, 'nobody waits for it')}: {about.promised} by {due}"
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
            state = f"at risk{_which(e)}"
        case PromiseExplained():
            return f"says why it was broken: {thing} by {due}: {e.reason} ({e.by}, {rule})"
        case PromiseKept():
            state = "kept"
        case PromiseBroken():
            state = "broken"
        case _:
            state = "voided"
    return f"promise {state}: {thing} by {due} ({reason_of(e)}, {rule})"


def alarmed(one: AlarmedPromise, t: Times) -> str:
    """A promise beside the task about it: which, by when, and who was warned."""
    due, which = t.text(one.due_at), ""
    if one.kind == PROMISE_AT_RISK:
        if one.number is not None and (one.warnings or 1) > 1:
            last = "last warning" if one.number == one.warnings else f"warning {one.number} of {one.warnings}"
            which = f", {last} {t.text(one.since)}"
        waits = f", {WAITS[one.rank]}" if one.rank in WAITS else ""
        return f"{_named(one)} due {due}{which}{waits}{_had(one, t)}"
    return f"{_named(one)} was due {due} ({one.reason}){_had(one, t) or ', nobody was warned'}"


WAITS: Mapping[str | None, str] = {
    "life-support": "LIFE SUPPORT is off under it",
    "special": "a customer of special importance is off under it",
}


def _named(one: AlarmedPromise) -> str:
    """Its id; of a promise that goes by the time that was announced, without that time, which an id has in UTC."""
    return one.promise_id if LONG_DIGITS.search(one.promise_id) is None else f"{one.mrid} {one.rule_id}"


LONG_DIGITS: Final = re.compile(r"/\d{14}(\.\d+)?$")
"""How the id of a promise ends that goes by a time that was announced: 20260305041500, in UTC."""


def _had(one: AlarmedPromise, t: Times) -> str:
    """Who had the task when somebody was warned before."""
    if one.warned_at is None:
        return ""
    had = f"{one.had_by} had the task" if one.had_by else "nobody had taken the task"
    return f", warned {t.text(one.warned_at)}: {had}"
