"""Make one truth of outages that dispatch found to be one: where both lay, since the earlier beginning, by the newest word. Pure.

Where the merged one lay is what it had come to by then, its own steps taken off. What has happened since is in the registers of the
one that goes on, and counts for all: a step gives power back wherever either lay, a new extent is that of the one outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from msgspec import Meta, field

from schemas.contracts.base import MRID, CrewStatusKind, Extent, Instant, OutageClass, Text, Wire
from schemas.contracts.dispatch import OutageStarted
from services.places import extents
from services.places.extents import says_nothing

if TYPE_CHECKING:
    from services.notifier.domain.outage.facts import FactRegisters
    from services.notifier.domain.outage.truth import Truth

DARK: Final = frozenset({"out", "part-restored"})


class TruthJoins(Wire, frozen=True, kw_only=True):
    """What is so of a merged outage, for the one that goes on; in the log of each. The last counts."""

    mrid: MRID = field(name="mRID")
    into: MRID
    merged_at: Instant
    told: Annotated[bool, Meta(description="Customers were told of it: they are the other's now")] = False
    of: Annotated[tuple[MRID, ...], Meta(description="Outages that had been merged into it themselves")] = ()
    outage_class: OutageClass | None = None
    dark: Annotated[bool, Meta(description="Power was off when it was merged")] = False
    extent: Extent = Extent()
    back: Extent = Extent()
    restored_at: Annotated[Instant, Meta(description="When the part of it came back that did so last")] | None = None
    started_at: Instant | None = None
    ert: Instant | None = None
    next_update_at: Instant | None = None
    expected_at: Annotated[Instant, Meta(description="When that was said")] | None = None
    ert_low: Annotated[bool, Meta(description="Dispatch is not sure of that time")] = False
    crew_assigned: bool = False
    crew_status: CrewStatusKind | None = None
    crew_at: Instant | None = None
    cause: Text | None = None
    cause_at: Instant | None = None


def joining(mrid: str, facts: FactRegisters, present: Truth | None, *, told: bool) -> TruthJoins | None:
    """What is so of an outage, for the one as which it goes on; None where it goes on as itself."""
    merged = facts.merged
    if merged is None:
        return None
    of = tuple(one.mrid for one in facts.joined)
    told = told or any(one.told for one in facts.joined)
    word = TruthJoins(mrid=mrid, into=merged.into, merged_at=merged.merged_at, told=told, of=of)
    if present is None or present.no_outage:
        return word
    told_since: Mapping[str, Any] = {
        "expected_at": _latest(_at(facts.expected_stamp), *(one.expected_at for one in facts.joined)),
        "crew_at": _latest(facts.crew.at if facts.crew else None, *(one.crew_at for one in facts.joined)),
        "cause_at": _latest(_at(facts.cause_stamp), *(one.cause_at for one in facts.joined)),
    }
    return TruthJoins(
        mrid=mrid,
        into=merged.into,
        merged_at=merged.merged_at,
        told=told,
        of=of,
        outage_class=present.outage_class,
        dark=present.status in DARK,
        extent=present.extent,
        back=present.back,
        started_at=present.started_at,
        restored_at=present.restored_at,
        ert=present.ert,
        next_update_at=present.next_update_at,
        ert_low=present.ert_low,
        crew_assigned=present.crew_assigned,
        crew_status=present.crew_status,
        cause=present.cause,
        **told_since,
    )


def with_joined(known: tuple[TruthJoins, ...], word: TruthJoins) -> tuple[TruthJoins, ...]:
    """The merged outages with what is so of one of them now, by mRID."""
    return tuple(sorted((*(one for one in known if one.mrid != word.mrid), word), key=lambda one: one.mrid))


def opened(facts: FactRegisters) -> FactRegisters:
    """The facts with the beginning of a merged outage as their own: nothing else says what outage this is."""
    off = [one for one in facts.joined if one.dark and one.outage_class is not None and one.started_at is not None]
    if not off:
        return facts
    first = min(off, key=lambda one: (one.started_at, one.mrid))
    assert first.outage_class is not None  # noqa: S101 - filtered
    assert first.started_at is not None  # noqa: S101 - filtered
    start = OutageStarted(
        mrid=first.into, outage_class=first.outage_class, started_at=first.started_at, extent=first.extent
    )
    facts = replace(facts, started=start, first_at=first.started_at)
    if facts.extent is not None:
        return facts
    return replace(facts, extent=first.extent, extent_stamp=(first.started_at, 0, False, ""))


def united(own: Truth, facts: FactRegisters) -> Truth:
    """The truth with that of the outages that were merged into this one."""
    for one in facts.joined:
        own = _with(own, one, facts)
    return own


def _with(own: Truth, other: TruthJoins, facts: FactRegisters) -> Truth:
    since = other.merged_at
    back_for_both = own.status == "restored" and own.restored_at is not None and own.restored_at >= since
    is_off = own.status in DARK
    if not other.dark and is_off:
        return replace(own, **_parted(own, other, is_off=True))
    if not other.dark or own.no_outage or back_for_both:
        return own
    said_at = _at(facts.extent_stamp)
    said_anew = said_at is not None and said_at >= since
    stepped = [step.places for step in facts.steps if step.at >= since]
    places = Extent()
    if not said_anew:
        places = other.extent
        for restored in stepped:
            places = extents.minus(places, restored)
    if not is_off and says_nothing(places):
        return own
    changes: dict[str, Any] = {
        "extent": extents.union([own.extent, places]) if is_off else places,
        "back": own.back if said_anew else extents.union([own.back, other.back, *stepped]),
        "status": own.status if is_off else "out",
        **_parted(own, other, is_off=is_off),
        "started_at": _began(own, other, facts, is_off=is_off),
    }
    if other.expected_at is not None and _is_newer(other.expected_at, _at(facts.expected_stamp)):
        changes |= {"ert": other.ert, "next_update_at": other.next_update_at, "ert_low": other.ert_low}
    if other.crew_at is not None and _is_newer(other.crew_at, facts.crew.at if facts.crew else None):
        changes |= {"crew_assigned": other.crew_assigned, "crew_status": other.crew_status}
    if other.cause is not None and other.cause_at is not None and _is_newer(other.cause_at, _at(facts.cause_stamp)):
        changes["cause"] = other.cause
    return replace(own, **changes)


def _parted(own: Truth, other: TruthJoins, *, is_off: bool) -> dict[str, Any]:
    """That a part of the merged one had come back is so of both."""
    if other.restored_at is None or (other.dark and says_nothing(other.back)):
        return {}
    before = own.restored_at if is_off and own.status == "part-restored" else None
    return {"status": "part-restored", "restored_at": _latest(before, other.restored_at)}


def _began(own: Truth, other: TruthJoins, facts: FactRegisters, *, is_off: bool) -> datetime | None:
    """The earlier beginning, unless dispatch has corrected it since."""
    if not is_off or own.started_at is None:
        return other.started_at
    word = facts.corrected
    if other.started_at is None or (word is not None and word.corrected_at >= other.merged_at):
        return own.started_at
    return min(own.started_at, other.started_at)


def _at(stamp: tuple[Any, ...] | None) -> datetime | None:
    return stamp[0] if stamp is not None else None


def _latest(*instants: datetime | None) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def _is_newer(at: datetime, known: datetime | None) -> bool:
    return known is None or at > known
