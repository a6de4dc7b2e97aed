"""Conclude the latest truth about one outage from its facts (facts.py), for every customer alike.

An outage lies where its notice says until a fact names places, and a part of which nobody said what it leaves takes its own
places from what was known.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from schemas.contracts.base import CrewStatusKind, Extent, OutageClass, Period
from schemas.contracts.dispatch import OutageReclassified
from schemas.contracts.notices import NoticeAmended
from services.concerned.supplies import named_kinds
from services.notifier.domain.outage.cut import (
    Cut,
    Status,
    cut_of,
    is_borne_out,
    is_since,
    missing_since,
    planned,
)
from services.notifier.domain.outage.facts import (
    NOWHERE,
    Expected,
    FactRegisters,
    as_corrected,
    first_moved_to,
    unanswered,
)
from services.notifier.domain.outage.joined import opened, united
from services.places import extents
from services.places.extents import says_nothing

# Work that begins so much before its notice is still the work that was noticed; its being early is told as a breach.
EARLY = timedelta(hours=2)
_NOTICED = frozenset({"planned", "temporary", "curtailment"})
Corrected = Literal["start", "cause"]
Perhaps = Literal["held", "asked"]
BACK = frozenset({"restored", "part-restored"})
AT_WORK = frozenset({"assigned", "enroute", "arrived"})


@dataclass(frozen=True)
class Truth:
    """What follows from the facts, the same for every customer the outage touches. Instants aware, any offset."""

    outage_class: OutageClass
    status: Status
    extent: Extent
    planned_period: Period | None = None
    previous_period: Period | None = None
    started_at: datetime | None = None
    ert: datetime | None = None
    next_update_at: datetime | None = None
    restored_at: datetime | None = None
    crew_assigned: bool = False
    crew_status: CrewStatusKind | None = None
    """Where the crew is, while power is off."""
    ert_low: bool = False
    """Dispatch is not sure of the expected time."""
    cause: str | None = None
    proof_pending: bool = False
    claimed: Extent = NOWHERE
    """Places of parts that dispatch says are back, not yet proven."""
    spent: tuple[str, ...] = ()
    """Kinds of which elements were named and every one has power again: an area says nothing of whose own are known."""
    breaches: tuple[str, ...] = ()
    notice_id: str | None = None
    inform_by: datetime | None = None
    back: Extent = NOWHERE
    """Parts that have power again, of which the extent may name the whole: by the network model they are taken off it."""
    no_outage: bool = False
    """With withdrawn: dispatch says that there was none."""
    merged_into: str | None = None
    """The outage as which it goes on."""
    corrected: tuple[Corrected, ...] = ()
    """What dispatch has found to be otherwise than it said first."""
    perhaps_restored: Perhaps | None = None
    """The list that it comes from lacks it: words that a clock calls for are held, or that was so for too long."""
    reclassified_from: OutageClass | None = None
    """Where dispatch has said anew what this cut is: what it was said to be first."""
    denied: Extent = NOWHERE
    """Usage points at which meters or customers deny that power is back, though it is said to be."""


ENDED = frozenset({"restored", "withdrawn"})


def has_ended(present: Truth) -> bool:
    """Whether it holds nobody any more, or does so as another outage: that is for those whom it holds, and for nobody else."""
    return present.status in ENDED or present.merged_into is not None


def truth(facts: FactRegisters) -> Truth | None:
    """What is so now; None while nothing says what outage this is (facts are held until something does)."""
    if facts.joined and _class(facts) is None:
        facts = opened(facts)
    own = _own(facts)
    if own is None:
        return None
    present = united(own, facts) if facts.joined else own
    return present if facts.merged is None else replace(present, merged_into=facts.merged.into)


def _own(facts: FactRegisters) -> Truth | None:
    """What is so by its own facts, those said of it since others were merged into it among them."""
    first_class = _class(facts)
    if first_class is None:
        return None
    moved, facts = first_moved_to(facts) is not None, as_corrected(facts)
    cut, period, notice = cut_of(facts), planned(facts), facts.notice
    # Of work that is only noticed the notice says what it is: what is reclassified is a cut.
    word = facts.reclassified if cut.began is not None else None
    outage_class = word.outage_class if word is not None else first_class
    cause = _cause(facts, first_class, word)
    where, back, named = _where(facts, cut)
    expected = _expected(facts, cut, outage_class, period)
    crew = facts.crew.crew_status if cut.dark and facts.crew is not None else None
    return Truth(
        outage_class=outage_class,
        status=cut.status,
        extent=where,
        planned_period=period,
        previous_period=notice.previous_period if isinstance(notice, NoticeAmended) else None,
        started_at=cut.started_at,
        ert=expected.ert,
        next_update_at=expected.next_update_at,
        restored_at=cut.restored_at,
        crew_assigned=crew in AT_WORK,
        crew_status=crew,
        ert_low=expected.low,
        cause=cause,
        proof_pending=cut.dark and _is_claimed(facts, cut),
        claimed=_claimed(facts, cut),
        spent=tuple(sorted(named - named_kinds(where))),
        breaches=_breaches(facts, period, outage_class if word else None, moved=moved),
        notice_id=notice.notice_id if notice else None,
        inform_by=notice.inform_by if notice else None,
        back=back,
        no_outage=cut.no_outage,
        corrected=_corrected(facts, cause, moved=moved),
        perhaps_restored=_perhaps(facts, cut),
        reclassified_from=first_class if word is not None else None,
        denied=facts.checked.denied if facts.checked is not None and cut.status in BACK else NOWHERE,
    )


def held_since(facts: FactRegisters) -> datetime | None:
    """Since when words that a clock calls for are held because a list lacks the outage; None where they are not."""
    if not facts.absence.missing or facts.merged is not None:
        return None
    facts = as_corrected(facts)
    cut = cut_of(facts)
    return missing_since(facts, cut) if _perhaps(facts, cut) == "held" else None


def _perhaps(facts: FactRegisters, cut: Cut) -> Perhaps | None:
    since = missing_since(facts, cut)
    if since is None:
        return None
    return "asked" if facts.asked_for is not None and since <= facts.asked_for else "held"


def as_noticed(began: datetime, noticed: Period) -> bool:
    """Whether a cut that began then is the one noticed for that period: what goes off days before is another story."""
    return began >= noticed.start - EARLY


def _corrected(facts: FactRegisters, cause: str | None, *, moved: bool) -> tuple[Corrected, ...]:
    word = facts.cause_corrected
    other = word is not None and word.cause == cause
    found: tuple[tuple[Corrected, bool], ...] = (("start", moved), ("cause", other))
    return tuple(name for name, so in found if so)


def _cause(facts: FactRegisters, first_class: OutageClass, word: OutageReclassified | None) -> str | None:
    """What was named as the cause while it was taken for something else is not the cause of what it is."""
    if word is None or word.outage_class == first_class or facts.cause_stamp is None:
        return facts.cause
    return facts.cause if facts.cause_stamp[0] >= word.reclassified_at else None


def _breaches(
    facts: FactRegisters, period: Period | None, reclassified: OutageClass | None, *, moved: bool
) -> tuple[str, ...]:
    """Work that did not begin too early after all, or not without notice, is not apologised for; nor is a fault for either."""
    if reclassified == "fault":
        return ()
    began, notice = facts.first_at, facts.notice
    if not moved or began is None:
        return facts.breaches
    was_none = {
        "started-early": period is not None and began >= period.start,
        "started-without-notice": notice is not None and began >= notice.published_at,
    }
    return tuple(kind for kind in facts.breaches if not was_none.get(kind))


def _class(facts: FactRegisters) -> OutageClass | None:
    if facts.started is not None:
        return facts.started.outage_class
    if facts.report is not None and is_borne_out(facts):
        return "fault"
    if facts.notice is not None:
        return facts.notice.outage_class
    return "curtailment" if facts.curtailment is not None else None


def _expected(facts: FactRegisters, cut: Cut, outage_class: OutageClass, period: Period | None) -> Expected:
    """What was said of the end of this cut; where nothing was, work that was noticed ends as noticed."""
    if not cut.dark or cut.began is None:
        return Expected()
    noticed = period is not None and outage_class in _NOTICED and as_noticed(cut.began, period)
    said = facts.expected or Expected(period.end if period is not None and noticed else None)
    # A time that lies before the power (last) went off was said of an earlier cut.
    ert = said.ert if said.ert and said.ert > cut.began else None
    return Expected(ert, said.next_update_at, said.low and ert is not None)


def _is_claimed(facts: FactRegisters, cut: Cut) -> bool:
    claimed, refused = facts.claimed_at, facts.refused_at
    return claimed is not None and (refused is None or refused < claimed) and is_since(facts, claimed, cut.opened)


def _claimed(facts: FactRegisters, cut: Cut) -> Extent:
    """Where dispatch says that a part of this cut is back, and nobody has proved it."""
    claims = unanswered(facts) if cut.dark else ()
    return extents.union([places for at, places in claims if is_since(facts, at, cut.opened)])


def _where(facts: FactRegisters, cut: Cut) -> tuple[Extent, Extent, frozenset[str]]:
    """What it names as cut, what came back of that since, and the kinds of which it named elements before."""
    noticed = facts.noticed.extent if facts.noticed else facts.notice.extent if facts.notice else NOWHERE
    if cut.began is None:
        planned_there = noticed if facts.notice else facts.extent or NOWHERE
        return planned_there, NOWHERE, named_kinds(planned_there)
    known, since = facts.extent, facts.extent_stamp[0] if facts.extent_stamp else None
    if known is None and facts.foretold is not None:
        known = facts.foretold.extent
    if known is None:
        # Reports only show where somebody is dark; they count until dispatch says how far the outage reaches.
        known = facts.reported if facts.notice is None else extents.union([noticed, facts.reported])
    left = facts.placed
    if says_nothing(known) and left is not None and is_since(facts, left.restored_at, cut.opened):
        known, since = left.remaining, left.restored_at
    named = named_kinds(known)
    # What a part leaves is said as far as the restorer knew the extent then: power is back only where it was restored.
    back = [
        step.places
        for step in facts.steps
        if is_since(facts, step.at, cut.opened) and (since is None or step.at >= since)
    ]
    for restored in back:
        known = extents.minus(known, restored)
    return known, extents.union(back), named
