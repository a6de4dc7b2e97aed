"""The hotline's answer in English: what is so, what is not known, what was said. For the agent, not for a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from operations.lookup.lookup import Hit, LookupResult
from operations.lookup.named import NamedThing
from operations.times import Times, count, span
from outagectl.words.texts import text_says

CLASSES = {
    "planned": "planned work",
    "temporary": "work at short notice",
    "fault": "a fault",
    "emergency": "an emergency cut, for safety",
    "curtailment": "load shed by order",
}
CREW = {
    "awaitingCrewAssignment": "none yet",
    "assigned": "assigned, not yet on its way",
    "enroute": "on its way",
    "arrived": "on site",
    "fieldComplete": "has finished on site",
}
STATES = {
    "ready": "waits to be sent",
    "sending": "is being sent",
    "unknown": "sent or not, not certain yet",
    "accepted": "sent, no receipt yet",
    "sent": "sent, no receipt yet",
    "delivered": "on the handset",
    "undelivered": "DID NOT ARRIVE",
    "refused": "REFUSED by the provider",
    "expired": "dropped: too late to be of use",
    "suppressed": "not sent: no longer needed",
}
KINDS = {"usagePoint": "usage point", "text": "a text"}
_AS_NOTICED = frozenset({"planned", "temporary", "curtailment"})


class Said(NamedTuple):
    """One line; `style` is rich's, empty for plain."""

    text: str
    style: str = ""


def answer(found: LookupResult, t: Times) -> Iterator[Said]:
    """The answer, line by line."""
    yield Said(f"{found.id}: {' and '.join(named(one) for one in found.known)}", "bold")
    if found.off:
        yield Said(headline(found), "bold red")
    else:
        yield Said("NO OUTAGE IS KNOWN THERE.", "bold green")
    for hit in found.off:
        yield from _outage(hit, found, t)
    if found.ahead:
        yield Said("\nPlanned ahead", "bold")
        for hit in found.ahead:
            yield from _ahead(hit, found.now, t)
    if found.over:
        yield Said("\nOver in the last 24 hours", "bold")
        for hit in found.over:
            yield from _over(hit, t)
    if any(one.kind in ("customer", "usagePoint", "text") and one.customers for one in found.known):
        yield from _told(found.texts, t)
        quiet = [at for at in found.hushed if at > found.now]
        if quiet:
            yield Said(
                f"  Enough was said of late (talked-enough): what is so is told by {t.at(max(quiet))[:16]}.", "yellow"
            )


def headline(found: LookupResult) -> str:
    """`POWER IS OFF`, or what else is so."""
    sure = any((hit.supply or {}).get("status") != "predicted" for hit in found.off)
    claimed = all((hit.supply or {}).get("status") == "partiallyRestored" for hit in found.off)
    if not sure:
        return "POWER IS PROBABLY OFF: nobody on site has confirmed it yet."
    more = f" {len(found.off)} outages hold this place; power is back when the last one ends." if found.off[1:] else ""
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


def _outage(hit: Hit, found: LookupResult, t: Times) -> Iterator[Said]:
    view = hit.supply or {}
    yield Said(f"\nOutage {hit.mrid}: {_class(view)}", "bold")
    since = view.get("startedAt") or view.get("reportedAt")
    yield Said(f"  off since      {_when(since, found.now, t)}")
    yield Said(f"  where          {_where(view.get('remaining') or view.get('extent'))}")
    yield Said(f"  cause          {cause_of(hit) or 'not known yet'}")
    back = expected_back(hit)
    yield Said(f"  expected back  {_expected(hit, found.now, t)}", "yellow" if back and back <= found.now else "")
    word = found.next_word or _instant(view.get("nextUpdateAt"))
    if word is not None:
        late = " (that time has passed)" if word <= found.now else ""
        yield Said(f"  next word      promised by {t.at(word)[:16]}{late}")
    crew = view.get("crewStatus")
    yield Said(f"  crew           {CREW.get(str(crew), str(crew)) if crew else 'nothing reported yet'}")
    if missing := unknown(hit, found.now):
        yield Said(f"  NOT known yet  {', '.join(missing)}")
    if view.get("refusals"):
        yield Said("  note           a claim that power is back was not believed; ask whether theirs is")
    yield from _caution(hit)


def unknown(hit: Hit, now: datetime) -> list[str]:
    """What an agent must not promise, because nobody knows it."""
    view = hit.supply or {}
    missing = []
    if view.get("status") == "predicted":
        missing.append("whether the power is really off")
    if not cause_of(hit):
        missing.append("the cause")
    back = expected_back(hit)
    if back is None:
        missing.append("when the power comes back")
    elif back <= now:
        missing.append("a new time: the last one has passed")
    return missing


def noticed_end(hit: Hit) -> datetime | None:
    """When work that runs as noticed was noticed to end; None once dispatch has said anything else about the time."""
    view = hit.supply or {}
    period = ((hit.plan or {}).get("notice") or {}).get("plannedPeriod") or {}
    said = any(view.get(name) for name in ("ert", "nextUpdateAt", "ertHistory"))
    return None if said or view.get("outageClass") not in _AS_NOTICED else _instant(period.get("end"))


def expected_back(hit: Hit) -> datetime | None:
    """The time that callers may be told: dispatch's own word, else the end that was noticed, as the texts say it."""
    return _instant((hit.supply or {}).get("ert")) or noticed_end(hit)


def cause_of(hit: Hit) -> str | None:
    """The cause that dispatch gave, or for planned work its reason."""
    planned = (hit.supply or {}).get("outageClass") in ("planned", "temporary", "curtailment")
    return hit.cause or (hit.reason if planned else None)


def _ahead(hit: Hit, now: datetime, t: Times) -> Iterator[Said]:
    notice = (hit.plan or {})["notice"]
    start, end = (datetime.fromisoformat(notice["plannedPeriod"][name]) for name in ("start", "end"))
    when = f"{t.at(start)[:16]} to {t.at(end)[:16]}"
    yield Said(f"  {when}  {CLASSES.get(notice['outageClass'], notice['outageClass'])} ({hit.mrid})")
    yield Said(f"    where   {_where(notice['extent'])}")
    yield Said(f"    why     {hit.reason or 'not said'}")
    if start <= now:
        yield Said(f"    It was to begin {span(now - start)} ago; nobody has reported that it did.", "yellow")
    else:
        yield Said(f"    in      {span(start - now)}; notice {notice['noticeId']} stands")
    yield from _caution(hit)


def _over(hit: Hit, t: Times) -> Iterator[Said]:
    view = hit.supply or {}
    back = back_at(hit)
    since = _instant(view.get("startedAt") or view.get("reportedAt"))
    lasted = f", off since {t.at(since)[:16]} ({span(back - since)})" if back and since else ""
    part = "; other parts of this outage are still off" if hit.back_in_part else ""
    yield Said(f"  back {t.at(back)[:16]}  {hit.mrid}: {_class(view)}{lasted}{part}")
    if cause_of(hit):
        yield Said(f"    cause   {cause_of(hit)}")
    yield from _caution(hit)


def back_at(hit: Hit) -> datetime | None:
    """When power came back: for all, or here by a step."""
    view = hit.supply or {}
    steps = [step["restoredAt"] for step in view.get("steps") or ()]
    return _instant(view.get("restoredAt") or (max(steps) if steps else None))


def _caution(hit: Hit) -> Iterator[Said]:
    if hit.parked or hit.unread:
        reasons = ", ".join(sorted({str(one["reason"]) for one in hit.unread})) or "waiting messages"
        yield Said(
            f"  CAUTION        something about {hit.mrid} could not be read ({reasons}) and waits for a person: "
            "what stands here may be old",
            "yellow",
        )


def _told(texts: Sequence[Mapping[str, Any]], t: Times) -> Iterator[Said]:
    yield Said("\nTexts to them in the last 7 days", "bold")
    if not texts:
        yield Said("  none")
    for text in texts:
        about = text_says(text["trigger"])
        state = STATES.get(text["state"], text["state"])
        yield Said(f"  {t.at(text['requestedAt'])[:16]}  to {text['contactId']}: {about} [{state}]")
        yield Said(f"    “{text['body']}”", "dim")


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


def _class(view: Mapping[str, Any]) -> str:
    return CLASSES.get(str(view.get("outageClass")), "reported, kind not known yet")


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _when(value: object, now: datetime, t: Times) -> str:
    instant = _instant(value)
    return f"{t.at(instant)[:16]} ({span(now - instant)})" if instant else "not known"


def _expected(hit: Hit, now: datetime, t: Times) -> str:
    view, end = hit.supply or {}, noticed_end(hit)
    if end is not None:
        when = f"in {span(end - now)}" if end > now else f"that was {span(now - end)} ago, and no newer time is known"
        return f"about {t.at(end)[:16]}, {when} (the end that was noticed)"
    ert = _instant(view.get("ert"))
    if ert is None:
        return "not known yet"
    history = view.get("ertHistory") or ()
    said = f"said {t.at(_instant(history[-1]['at']))[11:16]}" if history else ""
    changes = view.get("ertChanges") or 0
    changed = f", changed {'once' if changes == 1 else f'{changes} times'}" if changes else ""
    note = f" ({said}{changed})" if said else ""
    if ert <= now:
        return f"about {t.at(ert)[:16]}: that was {span(now - ert)} ago, and no newer time is known{note}"
    return f"about {t.at(ert)[:16]}, in {span(max(ert - now, timedelta(seconds=1)))}{note}"


def _where(extent: Mapping[str, Any] | None) -> str:
    found = extent or {}
    listed = [str(one) for name in ("lines", "areas", "transformers") for one in found.get(name, ())]
    points = found.get("usagePoints") or ()
    if points:
        listed.append(count(len(points), "usage point"))
    return ", ".join(listed) or "not said"
