"""Read from a text whether it calls an outage a fault or our own work, as the customer does, and hold that against the facts.

A text that says the other thing than Kafka knew all through the last seconds is untrue; and whoever was told the other thing
has heard what it is by the time that power is back, where there was time for it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from schemas.contracts import dispatch
from tests.chaos.truth import STALE_AFTER, KnownFact, Posted

Thing = Literal["work", "fault"]
NAMING: Final = frozenset({"fault", "fault-time-unknown", "reopened", "breach-apology"})
_WORK: Final = re.compile(r"线路检修|线路临时检修|正在施工|planned work|urgent work|[Oo]ur work is under way")
_FAULT: Final = re.compile(r"抢修|查找原因|线路故障|repair|looking for the cause|of a fault")
_IT_IS_NOT: Final = re.compile(r"不是线路(检修|临时检修|故障)|, not (planned work|urgent work|a fault)")
THINGS: Final[dict[str, Thing]] = {"planned": "work", "temporary": "work", "fault": "fault"}
TIME_ENOUGH: Final = timedelta(minutes=15)
ENOUGH, WITHIN = 6, timedelta(hours=2)
"""Whoever had so many texts hears no more of a name before the window has room: the standard's policy, `talk_about`."""


def named(text: Posted) -> Thing | None:
    """What a text says the matter is; None where it does not say."""
    if text.trigger not in NAMING or text.unstable or text.template.endswith(("/unconfirmed", "/supply-lost")):
        return None
    body = _IT_IS_NOT.sub("", text.body)
    work, fault = bool(_WORK.search(body)), bool(_FAULT.search(body))
    if work == fault:
        return None
    return "work" if work else "fault"


def thing(known: Sequence[KnownFact], mrid: str, at: datetime) -> Thing | None:
    """What an outage is, by what Kafka knew at `at`; None where nobody had said, or it is neither."""
    facts: list[Any] = [
        one.fact for one in known if isinstance(one.fact, dispatch.Fact) and one.fact.mrid == mrid and one.since <= at
    ]
    words = [fact for fact in facts if isinstance(fact, dispatch.OutageReclassified)]
    starts = [fact for fact in facts if isinstance(fact, dispatch.OutageStarted)]
    if not starts:
        return "fault" if any(isinstance(fact, dispatch.FaultReported) for fact in facts) and not words else None
    kind = max(starts, key=lambda fact: fact.started_at).outage_class
    if words:
        kind = max(words, key=lambda fact: fact.reclassified_at).outage_class
    return THINGS.get(kind)


def untrue(known: Sequence[KnownFact], texts: Sequence[Posted]) -> Iterator[str]:
    """Texts that called an outage what it had not been, by what Kafka had, all through the last seconds before they went."""
    for text in texts:
        says = named(text)
        if says is None or len(text.mrids) != 1:
            continue
        since = text.at - STALE_AFTER
        marks = {instant for one in known for instant in (one.since, one.sent) if instant is not None}
        moments = [since, text.at, *(mark for mark in marks if since < mark <= text.at)]
        may_be = {thing(known, text.mrids[0], moment) for moment in moments}
        if says not in may_be and None not in may_be:
            yield f"customer {text.customer} was told at {text.at:%d %H:%M:%S} that {text.mrids[0]} is {says}, and it was not"


def unsaid(known: Sequence[KnownFact], texts: Sequence[Posted], called: Collection[int]) -> Iterator[str]:
    """Whoever was told the other thing of an outage, and of no other last, and did not hear what it is before its end."""
    ends = [one for one in known if isinstance(one.fact, dispatch.SupplyRestored) and one.fact.scope == "all"]
    for end in ends:
        mrid, over = end.fact.mrid, end.sent or end.since  # type: ignore[union-attr]
        words = [
            one.since for one in known if isinstance(one.fact, dispatch.OutageReclassified) and one.fact.mrid == mrid
        ]
        if not words or max(words) + TIME_ENOUGH > over:
            continue
        for customer in sorted({text.customer for text in texts if text.mrids == (mrid,)} - {*called}):
            mine = [text for text in texts if text.customer == customer and text.claim and text.at < over]
            mine.sort(key=lambda text: text.at)
            if not mine or mine[-1].mrids != (mrid,) or _had_enough(mine, max(words)):
                continue
            takes_for = _taken_for(mine, mrid, thing(known, mrid, over))
            if takes_for is not None and takes_for != thing(known, mrid, over):
                yield f"customer {customer} takes {mrid} for {takes_for} until its end, and it was not"


def _taken_for(texts: Sequence[Posted], mrid: str, is_: Thing | None) -> Thing | None:
    """What a customer takes an outage for by all these texts.

    A text that speaks of others, too, says what it is where that is so; where not, it may mean one of the others.
    """
    said = [
        says
        for text in texts
        if mrid in text.mrids and (says := named(text)) is not None and (len(text.mrids) == 1 or says == is_)
    ]
    return said[-1] if said else None


def _had_enough(texts: Sequence[Posted], at: datetime) -> bool:
    return sum(at - WITHIN < text.at <= at for text in texts) >= ENOUGH
