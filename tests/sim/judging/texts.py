"""Hold each text against what the notifier's own inputs held when it was claimed, and against the time in which it is of use.

`tests/chaos/truth.py` asks what Kafka had, and lets a text be some seconds behind: facts lie unread while a process is starved or
frozen. What the notifier had read itself is in its log, with the instant; of that it says nothing false, but for a breath. That
nothing holds a customer any more it says only by all that Kafka had at an instant which is in its log, too: there is no breath.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from schemas.citation import pair
from schemas.contracts import customers, dispatch, restorations
from schemas.upcast import upcast
from tests.chaos.truth import Claim, KnownFact, claim_of, number_of, possible, state
from tests.sim.judging.storms import Storm, short, whole

HEARD: Final = timedelta(seconds=1)
"""So long a fact may be on its way through the notifier, from an outage to the conversation with a customer."""
GOES_WITHIN: Final = timedelta(seconds=30)
"""A text goes so soon after it may where nothing is broken: all that lay unread while something was is read first."""
_HELD = "select type, data, decided_at, cause from event where type = any($1::text[]) order by position"
_TEXTS = """
select n.message_id, n.customer_id, n.trigger, n.state, n.not_before, n.expires_at, n.mrids,
  e.data ->> 'templateId' as template, n.body,
  array(
    select a.started_at from attempt a where a.message_id = n.message_id and a.provider_sid is not null and a.owner <> 0
    order by a.n
  ) as claimed
from notification n
join event e on e.type = 'message.requested.v1' and e.data ->> 'messageId' = n.message_id::text
order by n.not_before, n.message_id
"""
_PROVEN = """
select data ->> 'customerId' as customer, data ->> 'dueAt' as due, decided_at from event
where type = 'words.settled.v1' order by position
"""
FACTS: Final = {**dispatch.TYPES, **customers.TYPES}
MERGED: Final = "merge.confirmed.v1"


@dataclass(frozen=True, slots=True)
class Text:
    """One text as the notifier's tables have it. `claimed`: when a sender took it, for each time that the provider got it."""

    name: str
    customer: int
    says: Claim | None
    state: str
    not_before: datetime
    expires_at: datetime
    claimed: tuple[datetime, ...]
    mrids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """The notifier's word that nothing holds a customer, by all that Kafka had at `due`."""

    customer: int
    due: datetime
    at: datetime


async def texts(log: asyncpg.Connection) -> list[Text]:
    """All that were asked for."""
    return [
        Text(
            f"{row['trigger']} {row['message_id']} to {row['customer_id']}",
            number_of(row["customer_id"]),
            claim_of(row["trigger"], row["template"], row["body"]),
            row["state"],
            row["not_before"],
            row["expires_at"],
            tuple(row["claimed"]),
            tuple(row["mrids"]),
        )
        for row in await log.fetch(_TEXTS)
    ]


async def held(log: asyncpg.Connection, meant: Mapping[tuple[str, str], dispatch.Fact]) -> list[KnownFact]:
    """What the notifier read of outages and of its customers, and when it had.

    `meant`: by source and id, the facts that came in another spelling, in ours.
    """
    rows = await log.fetch(_HELD, [*FACTS, MERGED])
    return [
        KnownFact(
            row["decided_at"],
            meant.get(pair(row["cause"])) or _said(row["type"], row["data"]),
        )
        for row in rows
    ]


def _said(type_name: str, data: str) -> Any:
    """A stored fact, told as the newest version of its type; that outages are one the notifier has from the restorer."""
    if type_name == MERGED:
        word = msgspec.json.decode(data, type=restorations.MergeConfirmed)
        return dispatch.OutageMerged(mrid=word.mrid, into=word.into, merged_at=word.merged_at)
    newest, said = upcast(type_name, msgspec.json.decode(data))
    return msgspec.convert(said, FACTS[newest])


async def proofs(log: asyncpg.Connection) -> list[Proven]:
    """Every such word."""
    rows = await log.fetch(_PROVEN)
    return [Proven(number_of(row["customer"]), datetime.fromisoformat(row["due"]), row["decided_at"]) for row in rows]


def unproven(known: Sequence[KnownFact], proven: Iterable[Proven]) -> Iterator[str]:
    """Where something held the customer by what Kafka had at the instant that is named, and by what it had since.

    `known`: since when Kafka had each fact, and when it was sent.
    """
    for one in proven:
        marks = {instant for fact in known for instant in (fact.since, fact.sent) if instant is not None}
        moments = [one.due, one.at, *(mark for mark in marks if one.due < mark <= one.at)]
        # With one supply of several lost they have power all the same.
        if all(possible(known, one.customer, moment) == {"dark"} for moment in moments):
            yield f"unproven: customer {one.customer} was held at {short(one.due)}, and is said not to have been"


def untrue(known: Sequence[KnownFact], asked: Iterable[Text]) -> Iterator[str]:
    """Texts that were claimed though what they say had been false by the notifier's own log, all through the last breath."""
    for text in asked:
        for claimed in text.claimed:
            since = claimed - HEARD
            moments = [since, claimed, *(one.since for one in known if since < one.since <= claimed)]
            if text.says and all(state(known, text.customer, moment) != text.says for moment in moments):
                yield f"untrue: {text.name} claimed {short(claimed)}, and the notifier knew better"


def late(
    asked: Iterable[Text], storms: Sequence[Storm], sends: Mapping[str, datetime | None] | None = None
) -> Iterator[str]:
    """Texts that came when they were of no use any more, or not in time though nothing was broken.

    `sends`: outages whose texts wait for a person, and when one let them go; None: nobody did, and approvals.py judges them.
    """
    for text in asked:
        let_go = [sends[mrid] for mrid in text.mrids if mrid in sends] if sends else []
        if None in let_go:
            continue
        may_go = (
            whole(max(text.not_before, *(at for at in let_go if at is not None)), storms)
            if let_go
            else whole(text.not_before, storms)
        )
        if text.claimed and text.claimed[0] >= text.expires_at:
            yield f"late: {text.name} went {short(text.claimed[0])}, and was of use until {short(text.expires_at)}"
        elif text.claimed and text.claimed[0] > may_go + GOES_WITHIN:
            yield f"late: {text.name} could go {short(may_go)}, and went {short(text.claimed[0])}"
        elif text.state == "expired" and may_go + GOES_WITHIN < text.expires_at:
            yield f"late: {text.name} could go {short(may_go)}, and was never sent"
