"""Word the hotline's answer in English: what is so, what is not known, what was said. For the agent, not for a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from operations.lookup.meters import KnownMeter
from operations.lookup.named import NamedThing
from operations.lookup.result import LookupResult, TouchingOutage
from operations.lookup.supplies import SupplyStanding, standings
from operations.lookup.views import NoticeView, SupplyView
from operations.times import Times, count, span
from outagectl.commands.explain.told import Said, coded, owed, told
from outagectl.words.parts import where
from outagectl.words.texts import NOT_NOW
from outagectl.words.vocabulary import CREW, OUTAGE_CLASSES
from schemas.contracts.base import Extent
from schemas.contracts.customers import SupplyRole
from services.concerned.supplies import INSIDE

HELP_SHOWN = 3
"""So many of the last times of help by telephone are told; outagectl show outage has them all."""
HELPED = {"solved": ": power was back with it", "not-solved": ": power was not back with it"}
KINDS = {"usagePoint": "usage point", "text": "the code of texts"}
ROLES: Mapping[SupplyRole, str] = {
    "main": "main one",
    "standby": "standby",
    "own-generation": "own plant",
}
_AS_NOTICED = frozenset({"planned", "temporary", "curtailment"})


def answer(found: LookupResult, t: Times) -> Iterator[Said]:
    """The answer, line by line."""
    yield Said(f"{found.id}: {' and '.join(named(one) for one in found.known)}", "bold")
    if found.off:
        yield Said(headline(found), "bold red")
    elif any(hit.denied for hit in found.over):
        yield Said("POWER IS SAID TO BE BACK THERE, AND A METER OR A CUSTOMER SAYS THAT IT IS NOT.", "bold yellow")
    else:
        yield Said("NO OUTAGE IS KNOWN THERE.", "bold green")
    yield from _managers(found)
    yield from _supplies(found)
    for hit in found.off:
        yield from _outage(hit, found, t)
    if found.ahead:
        yield Said("\nPlanned ahead", "bold")
        for hit, notice in found.ahead:
            yield from _ahead(hit, notice, found.now, t)
    lately = [hit for hit in found.over if hit.back_in_part or hit.is_of_late(found.now)]
    for heading, hits in (
        ("Over in the last 24 hours", lately),
        ("Over for longer", [hit for hit in found.over if hit not in lately]),
    ):
        if hits:
            yield Said(f"\n{heading}", "bold")
        for hit in hits:
            yield from _over(hit, t)
    yield from _meters(found.meters, t)
    yield from coded(found, t)
    if any(one.kind in ("customer", "usagePoint", "text") and one.customers for one in found.known):
        yield from told(found, t)
        yield from owed(found, t)
        for hush in sorted(one for one in found.hushed if one.until > found.now):
            yield Said(f"  {NOT_NOW.get(hush.why, hush.why)}: what is so is told by {t.at(hush.until)[:16]}.", "yellow")


def headline(found: LookupResult) -> str:
    """`POWER IS OFF`, or what else is so."""
    if found.lost:
        named = " and ".join(f"{ROLES[one.role]} ({one.line or one.transformer or one.id})" for one in found.lost)
        return f"OF THEIR SUPPLIES THE {named} IS OFF; by the others they have power: ask whether the change-over held."
    sure = any(hit.view.status != "predicted" for hit in found.off)
    claimed = all(hit.view.status == "partiallyRestored" for hit in found.off)
    if not sure:
        return "POWER IS PROBABLY OFF: nobody on site has confirmed it yet."
    last = "with whichever of their supplies is back first" if found.plight is not None else "when the last one ends"
    if all(hit.view.perhaps_restored_since is not None for hit in found.off):
        return "POWER IS OFF, OR PERHAPS BACK BY NOW: nobody has confirmed it. Ask whether theirs is."
    more = f" {len(found.off)} outages hold this place; power is back {last}." if found.off[1:] else ""
    return ("POWER IS STILL OFF HERE; parts of the outage have power again." if claimed else "POWER IS OFF.") + more


def named(one: NamedThing) -> str:
    """`a line with 3 key customers`."""
    kind = KINDS.get(one.kind, one.kind)
    if one.kind == "customer":
        return f"key customer {one.name}"
    if one.kind == "outage":
        return "an outage"
    if one.kind in ("usagePoint", "text"):
        return kind + (f" {one.note}" if one.note else "")
    return kind + (f" with {count(len(one.customers), 'key customer')}" if one.customers else "")


def _managers(found: LookupResult) -> Iterator[Said]:
    """Who looks after the customers that are asked for: somebody to call where texts do not do."""
    asked = (person for one in found.known if one.kind in ("customer", "text") for person in one.people)
    for person in {person.customer_id: person for person in asked if person.account_manager}.values():
        yield Said(f"  account manager of {person.name}: {person.account_manager}")


def _supplies(found: LookupResult) -> Iterator[Said]:
    """Of whoever has several: which of them is off, under which outage and by which of its names."""
    for one in standings(found) if found.off else ():
        supply = one.supply
        known = supply.line or supply.transformer or supply.usage_point or supply.id
        yield Said(f"  {ROLES[supply.role]:<12} {known}: {_standing(one)}")


def _standing(one: SupplyStanding) -> str:
    if one.state == "own-plant":
        return "their own, nothing is known of it here"
    if one.state == "counted-off":
        return "nobody can say; it counts as off with the main one"
    if one.state == "on":
        return "no outage is known of it"
    return "off under " + "; ".join(
        held.mrid + (f", for it hangs on {' and '.join(held.through)}" if held.through else "") for held in one.held
    )


def _outage(hit: TouchingOutage, found: LookupResult, t: Times) -> Iterator[Said]:
    view = hit.view
    yield Said(f"\nOutage {hit.mrid}: {_class(view)}", "bold")
    yield from _called_first(view, t, "  called first   ")
    if view.joined:
        yield Said(f"  one with       {', '.join(one.m_rid for one in view.joined)}")
    yield Said(f"  off since      {_when(view.since, found.now, t)}")
    left = view.remaining if view.remaining != Extent() else None
    yield Said(f"  where          {where(left or view.extent)}")
    for place, names in hit.through.items():
        kind, _, name = place.partition(":")
        yield Said(f"  by the network {KINDS.get(kind, kind)} {name} hangs on {' and '.join(names)}")
    if ":".join(INSIDE) in hit.by:
        yield Said("  theirs         inside the shape that the outage was given; its areas only name it")
    elif view.extent is not None and view.extent.shape is not None and any(by.startswith("area:") for by in hit.by):
        yield Said(
            "  theirs         in an area that it names, but it has a shape, and no coordinates of theirs are known",
            "yellow",
        )
    yield Said(f"  cause          {cause_of(hit) or 'not known yet'}")
    back = expected_back(hit)
    yield Said(f"  expected back  {_expected(hit, found.now, t)}", "yellow" if back and back <= found.now else "")
    if view.perhaps_restored_since is not None:
        since = _when(view.perhaps_restored_since, found.now, t)
        yield Said(f"  perhaps back   its list lacks it since {since}; not proven: ask whether theirs is", "yellow")
    word = found.next_word or view.next_update_at
    if word is not None:
        late = " (that time has passed)" if word <= found.now else ""
        yield Said(f"  next word      promised by {t.at(word)[:16]}{late}")
    yield Said(f"  crew           {CREW[view.crew_status].now if view.crew_status else 'nothing reported yet'}")
    yield from _helped(view, t, "  helped         ")
    if missing := unknown(hit, found.now):
        yield Said(f"  NOT known yet  {', '.join(missing)}")
    if view.refusals:
        yield Said("  note           a claim that power is back was not believed; ask whether theirs is")
    yield from _caution(hit)


def unknown(hit: TouchingOutage, now: datetime) -> list[str]:
    """What an agent must not promise, because nobody knows it."""
    missing = []
    if hit.view.status == "predicted":
        missing.append("whether the power is really off")
    if not cause_of(hit):
        missing.append("the cause")
    back = expected_back(hit)
    if back is None:
        missing.append("when the power comes back")
    elif back <= now:
        missing.append("a new time: the last one has passed")
    return missing


def noticed_end(hit: TouchingOutage) -> datetime | None:
    """When work that runs as noticed was noticed to end; None once dispatch has said anything else about the time."""
    view, notice = hit.view, hit.notice
    said = view.ert or view.next_update_at or view.ert_history
    return None if said or notice is None or view.outage_class not in _AS_NOTICED else notice.planned_period.end


def expected_back(hit: TouchingOutage) -> datetime | None:
    """The time that callers may be told: dispatch's own word, else the end that was noticed, as the texts say it."""
    return hit.view.ert or noticed_end(hit)


def cause_of(hit: TouchingOutage) -> str | None:
    """The cause that dispatch gave, or for planned work its reason."""
    return hit.cause or (hit.reason if hit.view.outage_class in _AS_NOTICED else None)


def _ahead(hit: TouchingOutage, notice: NoticeView, now: datetime, t: Times) -> Iterator[Said]:
    start, end = notice.planned_period.start, notice.planned_period.end
    when = f"{t.at(start)[:16]} to {t.at(end)[:16]}"
    yield Said(f"  {when}  {OUTAGE_CLASSES[notice.outage_class]} ({hit.mrid})")
    yield Said(f"    where   {where(notice.extent)}")
    yield Said(f"    why     {hit.reason or 'not said'}")
    if start <= now:
        yield Said(f"    It was to begin {span(now - start)} ago; nobody has reported that it did.", "yellow")
    else:
        yield Said(f"    in      {span(start - now)}; notice {notice.notice_id} stands")
    yield from _caution(hit)


def _over(hit: TouchingOutage, t: Times) -> Iterator[Said]:
    view = hit.view
    if view.merged_into is not None and view.merged_at is not None:
        yield Said(
            f"  same {t.at(view.merged_at)[:16]}  {hit.mrid}: {_class(view)}; it is one outage with {view.merged_into}, see there"
        )
        yield from _caution(hit)
        return
    if view.withdrawn_at is not None:
        yield Said(
            f"  none {t.at(view.withdrawn_at)[:16]}  {hit.mrid}: {_class(view)}; dispatch says that there was no outage"
        )
        yield from _caution(hit)
        return
    back, since = back_at(hit), view.since
    lasted = f", off since {t.at(since)[:16]} ({span(back - since)})" if back and since else ""
    part = "; other parts of this outage are still off" if hit.back_in_part else ""
    yield Said(f"  back {t.at(back)[:16]}  {hit.mrid}: {_class(view)}{lasted}{part}")
    yield from _called_first(view, t, "    called first  ")
    denied = view.evidence.denied_points
    if hit.denied:
        yield Said(
            "    BUT     a meter or a customer here says that power is NOT back; dispatch is asked: ask whether theirs is",
            "yellow",
        )
    elif denied:
        yield Said(
            f"    but     at {count(denied, 'other usage point')} meters or customers say that power is not back",
            "yellow",
        )
    if cause_of(hit):
        yield Said(f"    cause   {cause_of(hit)}")
    yield from _helped(view, t, "    helped  ")
    yield from _caution(hit)


def _helped(view: SupplyView, t: Times, label: str) -> Iterator[Said]:
    """Who of us helped by telephone, so that nobody who calls again is asked the same."""
    for one in view.guidance[-HELP_SHOWN:]:
        yield Said(f"{label}by telephone by {one.by}, {t.at(one.given_at)[:16]}{HELPED.get(one.outcome, '')}")


def _called_first(view: SupplyView, t: Times, label: str) -> Iterator[Said]:
    """What it was said to be before dispatch found out."""
    if view.called_first is None or view.reclassified_at is None:
        return
    plan = f", that of plan {view.plan_mrid}" if view.plan_mrid else ""
    since = t.at(view.reclassified_at)[:16]
    yield Said(f"{label}{OUTAGE_CLASSES[view.called_first]}; {since} dispatch found it to be {_class(view)}{plan}")


def _meters(meters: Sequence[KnownMeter], t: Times) -> Iterator[Said]:
    """What the meters of the place say: evidence, and no outage."""
    if meters:
        yield Said("\nMeters there", "bold")
    for one in meters:
        if one.fault is not None:
            since = t.at(one.fault_since)[:16] if one.fault_since else "not known when"
            yield Said(
                f"  {one.usage_point}: at fault since {since} ({one.fault}); what it reads says nothing, and it is no outage"
            )
        elif one.read_at is not None:
            own = "; their own plant was running" if one.own_generation else ""
            power = "has power" if one.energised else "has NO power"
            yield Said(
                f"  {one.usage_point}: {power}, read {t.at(one.read_at)[:16]}{own}", "" if one.energised else "yellow"
            )
        if one.odd_at is not None:
            yield Said(
                f"  {one.usage_point}: its clock runs ahead; a reading of {t.at(one.odd_at)[:16]} counts for nothing",
                "yellow",
            )


def back_at(hit: TouchingOutage) -> datetime | None:
    """When power came back: for all, or here by a step; where there was no outage, or it is one with another, it never did."""
    if hit.view.withdrawn_at is not None or hit.view.merged_into is not None:
        return None
    steps = [step.restored_at for step in hit.view.steps if step.restored_at]
    return hit.view.restored_at or max(steps, default=None)


def _caution(hit: TouchingOutage) -> Iterator[Said]:
    if hit.parked or hit.unread:
        reasons = ", ".join(sorted({str(one["reason"]) for one in hit.unread})) or "waiting messages"
        yield Said(
            f"  CAUTION        something about {hit.mrid} could not be read ({reasons}) and waits for a person: "
            "what stands here may be old",
            "yellow",
        )


def freshness(behind: Sequence[Mapping[str, Any]] | None, last: datetime | None, t: Times) -> Said:
    """How far what is shown lies behind what was reported."""
    if behind is None:
        heard = f"; the last report taken in came at {t.at(last)}" if last else ""
        return Said(f"Kafka does not answer, so newer reports may wait unread{heard}.", "yellow")
    late = [one for one in behind if one["records"]]
    if not late:
        return Said("All that was reported has been taken in.", "dim")
    words = "; ".join(f"the {one['service']} has {count(one['records'], 'record')} to read" for one in late)
    return Said(f"BEHIND: {words}. There may be newer facts than these.", "yellow")


def _class(view: SupplyView) -> str:
    return OUTAGE_CLASSES[view.outage_class] if view.outage_class else "reported, kind not known yet"


def _when(instant: datetime | None, now: datetime, t: Times) -> str:
    return f"{t.at(instant)[:16]} ({span(now - instant)})" if instant else "not known"


def _expected(hit: TouchingOutage, now: datetime, t: Times) -> str:
    view, end = hit.view, noticed_end(hit)
    if end is not None:
        when = f"in {span(end - now)}" if end > now else f"that was {span(now - end)} ago, and no newer time is known"
        return f"about {t.at(end)[:16]}, {when} (the end that was noticed)"
    if view.ert is None:
        return "not known yet"
    said = f"said {t.at(view.ert_history[-1].at)[11:16]}" if view.ert_history else ""
    changes = view.ert_changes
    changed = f", changed {'once' if changes == 1 else f'{changes} times'}" if changes else ""
    note = f" ({said}{changed})" if said else ""
    if view.ert <= now:
        return f"about {t.at(view.ert)[:16]}: that was {span(now - view.ert)} ago, and no newer time is known{note}"
    return f"about {t.at(view.ert)[:16]}, in {span(max(view.ert - now, timedelta(seconds=1)))}{note}"
