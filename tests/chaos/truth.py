"""What was so, by the facts that Kafka had: the referee of every text, written without a line of the product's own rules.

An outage takes a supply of a customer from its start or reopening until it is over there, and who has lost all of them is
dark; of facts known at an instant the latest by its own time counts. That there was none is over for everybody. Of outages
that are one the end of that which goes on is the end of both. One that was only reported does so too, where its report says,
once dispatch has spoken of it as of an outage: by when power is expected, by what its cause was, that the fault is the
utility's, or that it is another thing.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from msgspec.structs import replace as replaced

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from tests.chaos.merges import Merge, merges, since
from tests.chaos.ways import holds, may_hold, takes, ways

Claim = Literal["dark", "partly", "light"]
"""Partly: a supply of several is lost, and they have power."""
STALE_AFTER = timedelta(seconds=8)
"""A text may say what Kafka has known to be false for this long: a text under way cannot be called back."""

STEADY_WITHIN, CHANGES_TOLD = timedelta(hours=2), 4
"""Within the first, so many changes are told one by one before a text may say that supply is unstable (the policy's figures)."""
FLICKERS_WITHIN, STEADY_AFTER, OFF_AND_BACK_AND_OFF = timedelta(minutes=30), timedelta(minutes=20), 3
"""Power itself went off, came back and went off within the first: that is said at once, and nothing more before it is steady."""

CLAIMS: Mapping[str, Claim] = {
    "fault": "dark",
    "fault-time-unknown": "dark",
    "ert-changed": "dark",
    "ert-overdue": "dark",
    "reopened": "dark",
    "breach-apology": "dark",
    "restored": "light",
    "part-restored": "light",
    "correction": "light",
}
"""What a text of each kind says of the customer's supply; notices say nothing of it."""
OF_ONE_SUPPLY: Mapping[str, Claim] = {
    "supply-lost": "partly",
    "one-still-lost": "partly",
    "supply-back": "light",
    "supply-corrected": "light",
}
"""The same by template, of texts about one supply of several."""
OF_EITHER = frozenset({"unstable", "unconfirmed"})
"""True whether power is off or back: that it goes off and on, and that it is said to be back and nobody has proved it."""
ALL_THE_SAME = ("仍停电", "still off")
"""By these a text says that another is lost all the same."""


def claim_of(trigger: str, template: str, body: str) -> Claim | None:
    """What a text says of the supply. `template`: its id, with the language in front."""
    name = template.rpartition("/")[2]
    if name in OF_EITHER:
        return None
    if name not in OF_ONE_SUPPLY:
        return CLAIMS.get(trigger)
    return "partly" if any(words in body for words in ALL_THE_SAME) else OF_ONE_SUPPLY[name]


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A fact and since when Kafka has it for certain, which is later than when it came to have it."""

    since: datetime
    fact: dispatch.Fact | CustomerUpserted | CustomerErased
    sent: datetime | None = None
    """When it was sent first: from then on Kafka, and whoever reads it, may have it."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One text: when it was handed to the provider, to whom, and of what kind."""

    at: datetime
    message_id: str
    customer: int
    trigger: str
    unstable: bool = False
    """It says that supply goes off and on, and that the next word comes when it is steady: true of either state."""
    mrids: tuple[str, ...] = ()
    """Of which outages it speaks."""
    body: str = ""
    template: str = ""

    @property
    def claim(self) -> Claim | None:
        """What it says of the supply."""
        return None if self.unstable else claim_of(self.trigger, self.template, self.body)


def state(known: Iterable[KnownFact], customer: int, at: datetime) -> Claim:
    """Whether the customer is dark, or has lost a supply, by what Kafka knew at `at`."""
    known = list(known)
    home = registered(known, at).get(customer)
    merged = merges(one.fact for one in known if one.since <= at)[0]
    known = [replace(one, fact=_of_survivor(one.fact, merged)) for one in known] if merged else known
    where: dict[str, Extent] = {}
    latest: dict[str, tuple[datetime, int, Claim]] = {}
    parts: list[dispatch.SupplyRestored] = []
    reports: dict[str, dispatch.FaultReported] = {}
    # What is one with another is an outage, though only callers had told of it.
    spoken_of: set[str] = {mrid for merge in merged for mrid in (merge.mrid, merge.into)}
    for one in known:
        fact = one.fact
        if one.since > at:
            continue
        if isinstance(fact, dispatch.FaultReported):
            if fact.fault_side != "customer":  # theirs is no outage of the network
                reports[fact.mrid] = fact
            if fact.fault_side == "utility":
                spoken_of.add(fact.mrid)
        elif isinstance(fact, dispatch.ErtChanged | dispatch.OutageReclassified) or (
            isinstance(fact, dispatch.CauseCleared | dispatch.OutageCorrected) and fact.cause
        ):
            spoken_of.add(fact.mrid)
        if isinstance(fact, dispatch.OutageStarted):
            where[fact.mrid] = fact.extent
            _later(latest, fact.mrid, (_began(known, fact, at), 0, "dark"))
        elif isinstance(fact, dispatch.OutageReopened):
            _later(latest, fact.mrid, (fact.reopened_at, 0, "dark"))
        elif isinstance(fact, dispatch.OutageWithdrawn):
            _later(latest, fact.mrid, (fact.withdrawn_at, 1, "light"))
        elif isinstance(fact, dispatch.SupplyRestored) and fact.scope == "all":
            _later(latest, fact.mrid, (fact.restored_at, 1, "light"))
        elif isinstance(fact, dispatch.SupplyRestored):
            parts.append(fact)
    for mrid in spoken_of & reports.keys() - where.keys():
        where[mrid] = reports[mrid].extent
        _later(latest, mrid, (reports[mrid].reported_at, 0, "dark"))
    if home is None:
        return "light"
    dark = [
        (mrid, began[0])
        for mrid, began in latest.items()
        if began[2] == "dark" and mrid in where and not _over_as_another(mrid, latest, merged)
    ]
    back = {
        mrid: [
            part.extent
            for part in parts
            if part.restored_at >= began and (part.mrid == mrid or _goes_on_as(mrid, part, merged))
        ]
        for mrid, began in dark
    }
    own = ways(home)
    held = [[where[mrid] for mrid, _ in dark if holds(where[mrid], back[mrid], way)] for way in own]
    main_by = [extent for way, extents in zip(own, held, strict=True) if way.main for extent in extents]
    main_lost = all(extents for way, extents in zip(own, held, strict=True) if way.main)
    lost = [
        bool(extents) or (main_lost and any(may_hold(extent, way) for extent in main_by))
        for way, extents in zip(own, held, strict=True)
    ]
    if all(lost):
        return "dark"
    return "partly" if any(held) else "light"


def _of_survivor(fact: Any, merged: Iterable[Merge]) -> Any:
    """What was said of a merged outage since, as said of the one that goes on."""
    for merge in merged:
        if isinstance(fact, dispatch.Fact) and fact.mrid == merge.mrid and since(fact, merge):
            fact = replaced(fact, mrid=merge.into)
    return fact


def _over_as_another(mrid: str, latest: Mapping[str, tuple[datetime, int, Claim]], merged: Iterable[Merge]) -> bool:
    """Whether the one as which it goes on is over since."""
    own, since_then = mrid, None
    for merge in merged:
        if merge.mrid == own:
            own, since_then = merge.into, merge.at
    word = latest.get(own)
    return since_then is not None and word is not None and word[2] == "light" and word[0] >= since_then


def _goes_on_as(mrid: str, part: dispatch.SupplyRestored, merged: Iterable[Merge]) -> bool:
    """Whether a part of the one as which it goes on came back since."""
    own, since_then = mrid, None
    for merge in merged:
        if merge.mrid == own:
            own, since_then = merge.into, merge.at
    return since_then is not None and part.mrid == own and part.restored_at >= since_then


def _began(known: Iterable[KnownFact], start: dispatch.OutageStarted, at: datetime) -> datetime:
    """When an outage began, by what Kafka knew at `at`: where dispatch has put it last."""
    words = [
        (one.fact.corrected_at, one.fact.started_at)
        for one in known
        if isinstance(one.fact, dispatch.OutageCorrected) and one.fact.mrid == start.mrid and one.since <= at
    ]
    put = [began for said, began in sorted(words, key=lambda word: word[0]) if began and start.started_at <= said]
    return put[-1] if put else start.started_at


def registered(known: Iterable[KnownFact], at: datetime) -> dict[int, CustomerUpserted]:
    """Whom the registry had at `at`, by the number at the end of the id, as Kafka knew it."""
    found: dict[str, CustomerUpserted | CustomerErased] = {}
    for one in known:
        if isinstance(one.fact, CustomerUpserted | CustomerErased) and one.since <= at:
            before = found.get(one.fact.customer_id)
            if before is None or dated(before) <= dated(one.fact):
                found[one.fact.customer_id] = one.fact
    return {number_of(name): fact for name, fact in found.items() if isinstance(fact, CustomerUpserted)}


def number_of(customer_id: str) -> int:
    """The number by which a referee knows a customer."""
    return int(customer_id.rpartition("-")[2])


def dated(word: CustomerUpserted | CustomerErased) -> datetime:
    """Of when a word of the registry is: the later counts."""
    return word.updated_at if isinstance(word, CustomerUpserted) else word.erased_at


def touches(extent: Extent, home: CustomerUpserted | None) -> bool:
    """Whether an outage there takes a supply of a customer's."""
    return home is not None and any(takes(extent, way) for way in ways(home))


def _later(latest: dict[str, tuple[datetime, int, Claim]], mrid: str, found: tuple[datetime, int, Claim]) -> None:
    latest[mrid] = max(latest.get(mrid, found), found)


def stale(known: Sequence[KnownFact], text: Posted) -> bool:
    """Whether a text said what had been false, as far as Kafka knew, all through the last seconds before it was posted.

    A fact that was sent and not acknowledged yet may be known or not: what is true with it, or without it, is not false.
    """
    if text.claim is None:
        return False
    began = text.at - STALE_AFTER
    marks = {instant for one in known for instant in (one.since, one.sent) if instant is not None}
    moments = [began, text.at, *(instant for instant in marks if began < instant <= text.at)]
    return all(text.claim not in possible(known, text.customer, moment) for moment in moments)


def possible(known: Sequence[KnownFact], customer: int, at: datetime) -> set[Claim]:
    """What may be so by what Kafka had at `at`: without the facts under way, with each of them, and with all."""
    sure = [one for one in known if one.since <= at]
    maybe = [replace(one, since=at) for one in known if one.sent is not None and one.sent <= at < one.since]
    worlds = [sure, *([*sure, one] for one in maybe), [*sure, *maybe]]
    return {state(world, customer, at) for world in worlds}


def last_words(
    known: Sequence[KnownFact], texts: Sequence[Posted], end: datetime, called: Container[int] = ()
) -> list[str]:
    """Customers whose last text does not say what is so in the end, in words; but for those whom a person is to call."""
    wrong: list[str] = []
    for customer in sorted(registered(known, end)):
        if customer in called:
            continue
        told = [text for text in sorted(texts, key=lambda text: text.at) if text.customer == customer]
        own = [text for text in told if text.claim or text.unstable]
        if own and own[-1].unstable and (_often(own[:-1], end - STEADY_WITHIN) or _flickers(known, own[-1], end)):
            continue
        so = state(known, customer, end)
        last = own[-1].claim if own else None
        if last != so and not (last is None and so == "light"):
            wrong.append(f"customer {customer} is {so}, and the last word was {own[-1].trigger if own else 'none'}")
    return wrong


def _often(texts: Sequence[Posted], since: datetime) -> bool:
    """Whether power went off and came back so often by our texts that one may say so, and wait until it is steady."""
    claims = ["light", *(text.claim for text in texts if text.claim and text.at > since)]
    return sum(claim != before for before, claim in pairwise(claims)) >= CHANGES_TOLD


def _flickers(known: Sequence[KnownFact], text: Posted, end: datetime) -> bool:
    """Whether power itself has gone off and come back so often before a text, which is not long ago."""
    if end - text.at > STEADY_AFTER:
        return False
    first = text.at - FLICKERS_WITHIN
    moments = [first, *sorted(one.since for one in known if first < one.since <= text.at)]
    dark = [state([one for one in known if one.since <= at], text.customer, at) == "dark" for at in moments]
    return sum(now != before for before, now in pairwise(dark)) >= OFF_AND_BACK_AND_OFF


def doubled(texts: Sequence[Posted]) -> list[str]:
    """Messages that a provider was given twice and took twice."""
    seen: set[str] = set()
    wrong: list[str] = []
    for text in texts:
        if text.message_id in seen:
            wrong.append(f"customer {text.customer} got {text.trigger} ({text.message_id}) twice")
        seen.add(text.message_id)
    return wrong
