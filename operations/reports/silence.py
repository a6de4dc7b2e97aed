"""Make of the silences of a period how long customers heard nothing, by kind, and which outages that were. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from operations.reports.facts import NOTHING, ReportFacts, SilentTime
from operations.reports.form import CountedCase, SilenceFigures, SilentKind
from services.reliability.words import spread

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def silence_figures(facts: ReportFacts) -> SilenceFigures | None:
    """By how they were to be taken; None where nobody kept them."""
    if facts.silences is None:
        return None
    return SilenceFigures(forgotten=_kind(facts, "forgotten"), held=_kind(facts, "held"))


def _kind(facts: ReportFacts, state: str) -> SilentKind:
    by_outage = _by_outage(facts.silences or (), state)
    found = [one for silences in by_outage.values() for one in silences]
    return SilentKind(
        silences=len(found),
        customers=len({one.customer_id for one in found}),
        outages=len(by_outage),
        hours=_long(found, facts) / HOUR,
        oldest=spread(max(_long([one], facts) for one in silences) / MINUTE for silences in by_outage.values()),
    )


def silent_outages(facts: ReportFacts, state: str) -> list[CountedCase]:
    """The outages under which customers heard nothing, one line each; `value`: hours of all of them together."""
    cases = [_case(mrid, found, facts) for mrid, found in _by_outage(facts.silences or (), state).items()]
    return sorted(cases, key=lambda one: (str(one.off_from), one.mrid))


def _case(mrid: str, found: Sequence[SilentTime], facts: ReportFacts) -> CountedCase:
    by = facts.found_by.get(mrid, NOTHING)
    ends = [one.until for one in found if one.until is not None]
    return CountedCase(
        mrid=mrid,
        off_from=min(one.since for one in found),
        off_until=max(ends) if len(ends) == len(found) else None,
        customers=len({one.customer_id for one in found}),
        value=_long(found, facts) / HOUR,
        outage_class=by.outage_class,
        lines=by.lines,
        areas=by.areas,
        note=f"the longest {_long([max(found, key=lambda one: _long([one], facts))], facts) / MINUTE:,.0f} min",
    )


def _by_outage(silences: Iterable[SilentTime], state: str) -> Mapping[str, Sequence[SilentTime]]:
    found: dict[str, list[SilentTime]] = defaultdict(list)
    for one in silences:
        if one.state == state:
            found[one.mrid].append(one)
    return found


def _long(silences: Iterable[SilentTime], facts: ReportFacts) -> timedelta:
    """How long they were together; what lasts still counts until now."""
    spans = (max((one.until or facts.as_of) - one.since, timedelta(0)) for one in silences)
    return sum(spans, timedelta(0))
