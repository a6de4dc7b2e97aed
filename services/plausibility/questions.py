"""Word the question that dispatch is asked about a fact that cannot be so: its name and its text. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.contracts.all_types import STRUCTS, type_of
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FieldFact
from schemas.contracts.network import ModelRef
from schemas.contracts.restorations import FactQuestioned
from services.plausibility.judging import (
    AFTER_MERGING,
    AFTER_WITHDRAWAL,
    ARRIVED_BEFORE,
    CLEARED_BEFORE,
    ERT_TOO_FAR,
    HAPPENED,
    IN_THE_FUTURE,
    RESTORED_BEFORE,
    STILL_MISSING,
    TOO_FAR_BACK,
    WITHDRAWN_BEFORE,
    Doubt,
)

DIGITS = 12
NAME_LENGTH = 200  # schemas.contracts.base.Name
# Local time with a Z behind it is the commonest slip; no zone is further from UTC than this.
FURTHEST_ZONE = timedelta(hours=14)
_WHY = {
    IN_THE_FUTURE: "{over} after it was recorded ({against}): nothing can have happened then.{zone}",
    TOO_FAR_BACK: "{over} before it was recorded ({against}): is that outage still to be told of, or is the year wrong?",
    ERT_TOO_FAR: "{over} after it was recorded ({against}): nobody can wait for that. It was taken as not known.",
    RESTORED_BEFORE: "{over} before the outage began ({against}): power cannot be back before it was off.",
    ARRIVED_BEFORE: "{over} before the first word of the outage ({against}): a crew cannot have come for it then.",
    CLEARED_BEFORE: "{over} before the first word of the outage ({against}): its cause cannot have been gone then.",
    WITHDRAWN_BEFORE: "{over} before the outage began ({against}): was there none before, and is there one now?",
    AFTER_MERGING: "{over} after the outage was merged into another ({against}): of which of the two was there none?",
    AFTER_WITHDRAWAL: "{over} after the outage was withdrawn ({against}): you said that there was none. Is there one after all?",
    STILL_MISSING: "{over} before {against}: nobody has said since then whether power is back. Is it?",
}
_STANDS = (
    "Send the fact again with its true time, under an id of its own. If the time is right, send the same fact "
    "with confirms {name}, or: outagectl facts accept {name} --reason …"
)
_SETTLED = {
    AFTER_MERGING: "If there was no outage at all, send outage.withdrawn of the one that goes on. "
    "If only this report of it was a mistake, nothing follows: outagectl facts refuse {name} --reason …",
    AFTER_WITHDRAWAL: "If power is off after all, send outage.reopened with the time since when it is. "
    "If it is not, nothing follows from the fact: outagectl facts refuse {name} --reason …",
    STILL_MISSING: "If power is back, send supply.restored with the time since when it is. If it is off still, send "
    "outage.listed-again, or: outagectl facts refuse {name} --reason …",
}


NOT_IN_OUTAGE = "not-in-outage"
NOT_ALL_NAMED = "not-all-named"
NOT_IN_NETWORK = "not-in-network"
HANGS_ELSEWHERE = "hangs-elsewhere"
METER_SAYS_OFF = "meter-says-off"
STILL_OFF = "customer-says-off"
METERS_SAY_ON = "meters-say-on"
NOT_SAID_BACK = "not-said-to-be-back"
NOT_CLEARED = "crew-done-cause-not-cleared"
UNSAID = frozenset({NOT_SAID_BACK, NOT_CLEARED})
"""Reasons to ask for a word that nobody has said; no fact is in doubt."""
ABOUT_PLACES = frozenset({NOT_IN_OUTAGE, NOT_ALL_NAMED})
"""Reasons to ask about where something is back; others are about when."""
ABOUT_NAMED = frozenset({NOT_IN_NETWORK, HANGS_ELSEWHERE})
"""Reasons to ask about where it is off: what dispatch names counts as named, and the network model has it otherwise."""


def question_of(fact: FieldFact) -> str:
    """The name of the question about `fact`: the same for the same content, whoever sends it, when and under what id."""
    kind, plain = type_of(fact), msgspec.structs.replace(fact, confirms=None)
    content = msgspec.to_builtins(plain, builtin_types=(datetime,))
    if type(plain) is not STRUCTS[kind]:
        # As that version says it: who asks by it, and who asked before there was another, names the question alike.
        content = msgspec.to_builtins(msgspec.convert(content, STRUCTS[kind]), builtin_types=(datetime,))
    said = msgspec.json.encode([kind, _in_utc(content)], order="sorted")
    return f"Q-{hashlib.sha256(said).hexdigest()[:DIGITS]}"


def _in_utc(value: Any) -> Any:
    """`value` with its instants in UTC, however their offsets were written."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {name: _in_utc(each) for name, each in value.items()}
    return [_in_utc(each) for each in value] if isinstance(value, list | tuple) else value


def ask(fact: FieldFact, doubt: Doubt, cause: str, now: datetime, *, held_field: bool = False) -> FactQuestioned:
    """The question to dispatch. `held_field`: the rest of the fact was taken."""
    question_id, kind, field = question_of(fact), type_of(fact), wire_name(fact, doubt.field)
    zone = ""
    if doubt.reason == IN_THE_FUTURE and doubt.given - doubt.against <= FURTHEST_ZONE:
        zone = " Is it local time with a Z behind it?"
    over = span(abs(doubt.given - doubt.against))
    why = _WHY[doubt.reason].format(over=over, against=instant(doubt.against), zone=zone)
    return FactQuestioned(
        mrid=fact.mrid,
        question_id=question_id,
        fact_type=kind,
        cause=cause[:NAME_LENGTH],
        field=field,
        given=doubt.given,
        reason=doubt.reason,
        against=doubt.against,
        held="field" if held_field else "fact",
        question=f"{kind} says {field} {instant(doubt.given)}, {why}",
        settled_by=_SETTLED.get(doubt.reason, _STANDS).format(name=question_id),
        asked_at=now,
    )


def ask_about_places(
    fact: FieldFact,
    reason: str,
    question: str,
    cause: str,
    began: datetime,
    now: datetime,
    *,
    places: Extent | None = None,
    models: tuple[ModelRef, ...] = (),
    taken: bool,
) -> FactQuestioned:
    """The question whether a fact names the places that are meant. `taken`: it counts meanwhile, but for those of a restoration."""
    question_id = question_of(fact)
    return FactQuestioned(
        mrid=fact.mrid,
        question_id=question_id,
        fact_type=type_of(fact),
        cause=cause[:NAME_LENGTH],
        field="extent",
        given=getattr(fact, HAPPENED[type(fact)]),
        reason=reason,
        against=began,
        held="field" if taken else "fact",
        question=question,
        settled_by=(
            "If it is so, send the same fact with confirms "
            f"{question_id}, or: outagectl facts accept {question_id} --reason …; if not, send what is meant "
            "(extent.changed, supply.restored) under an id of its own."
        ),
        asked_at=now,
        places=places,
        network_models=models,
    )


def wire_name(fact: FieldFact, name: str) -> str:
    """How a field of the struct is called on the wire."""
    names = dict(zip(fact.__struct_fields__, fact.__struct_encode_fields__, strict=True))
    return f"{names[name]}.start" if name == "planned_period" else names[name]


def instant(at: datetime) -> str:
    """2026-11-28T11:44:00Z: whole seconds of UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(length: timedelta) -> str:
    """`7 h 59 min`, `3 min`, `20 s`; from two days on in days."""
    seconds = int(length.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60):,} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour
