"""Sort out, within the transaction that claims, what goes to one telephone: alike texts as one, and no more than it has room for.

The decision is in the rows that the claim commits: the attempt has the body that it posts, and a text that goes with it is
`carried` by it. Whoever dies afterwards leaves nothing to decide: the attempt gets its verdict as any does, and who is carried
follows it (followers.py). One process at a time decides for a telephone (an advisory lock), so that two never take its last place.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from services.kernel.adapters.locks import advisory_key
from services.kernel.queries import queries
from services.notifier.domain.events import TextFrame
from services.notifier.domain.handset.caps import WITHIN, PlacelessText, ReadyText, places
from services.notifier.domain.handset.merging import MOST_SITES, SiteText, merged
from services.notifier.sending.gates.older_pods import OlderPods

if TYPE_CHECKING:
    from services.notifier.sending.claiming import Claim

log = structlog.get_logger()
SQL: Final = queries(Path(__file__).parents[1] / "sql" / "handsets.sql")
LOOKS_AGAIN: Final = timedelta(seconds=30)
"""A text that found no place is looked at again after so long, should its conversation not have heard so by then."""
ClaimThese = Callable[[Sequence[str]], Awaitable[Sequence["Claim"]]]
"""Claims these texts, as far as they may go now."""


class HandsetSorter:
    """`most`: texts that a telephone has room for in an hour. `ranks`: of the lanes whose texts are claimed here.

    While `older` pods run beside, each text goes by itself and no telephone is full, as with them.
    """

    def __init__(self, most: int, ranks: Sequence[int], older: OlderPods) -> None:
        self._most = most
        self._ranks = list(ranks)
        self._older = older

    async def sort_out(
        self, connection: Any, claims: Sequence["Claim"], claim_these: ClaimThese, now: datetime
    ) -> tuple[list["Claim"], list[PlacelessText]]:
        """Of texts that were just claimed those that go, some for others as well, and those for which there is no room."""
        if not claims:
            return [], []
        found = {
            row["message_id"]: row for row in await connection.fetch(SQL["of_claims"], [c.message_id for c in claims])
        }
        handsets = {row["handset"] for row in found.values() if row["handset"] is not None}
        await connection.execute(SQL["lock"], [advisory_key(f"notifier/handset/{one}") for one in sorted(handsets)])
        await connection.execute(SQL["gather"], list(found))
        if await self._older.are_beside(connection):
            return list(claims), []
        went: dict[str, list[datetime]] = {one: [] for one in handsets}
        for row in await connection.fetch(SQL["went"], sorted(handsets), now - WITHIN):
            went[row["handset"]].append(row["claimed_at"])
        go: list[Claim] = []
        refused: list[PlacelessText] = []
        for handset, theirs in _by(claims, lambda claim: found[claim.message_id]["handset"] or ""):
            if not handset:
                go += theirs  # no number: the sender finds that out
                continue
            groups = [group for _, group in _by(theirs, lambda claim: _same(found[claim.message_id]))]
            ready = [
                ReadyText(group[0].message_id, any(found[one.message_id]["keeps_last"] for one in group))
                for group in groups
            ]
            may, no_room = places(ready, went[handset], now, self._most)
            left = {one.message_id: one for one in no_room}
            for group in groups:
                if group[0].message_id in may:
                    go.append(await self._together(connection, handset, group, found, claim_these, now))
                else:
                    why = left[group[0].message_id]
                    refused += [why._replace(message_id=one.message_id) for one in group]
        if refused:
            until = claims[0].wall + LOOKS_AGAIN
            await connection.execute(SQL["put_back"], [one.message_id for one in refused], until)
        return go, refused

    async def _together(
        self,
        connection: Any,
        handset: str,
        group: Sequence["Claim"],
        found: Mapping[str, Any],
        claim_these: ClaimThese,
        now: datetime,
    ) -> "Claim":
        """One of these alike texts, which is sent, for all of them and for those that are alike and wait for the same telephone."""
        first = found[group[0].message_id]
        if first["alike"] is None:
            return group[0]
        customers = [claim.customer_id for claim in group]
        rows = await connection.fetch(
            SQL["alike"], handset, first["alike"], self._ranks, customers, now, MOST_SITES - len(group)
        )
        texts = [_site_text(found[claim.message_id]) for claim in group]
        more = {one.message_id: one for one in _each_once(rows)}
        wanted = merged([*texts, *more.values()])
        taken: Sequence[Claim] = ()
        if wanted is not None:
            names = [one.message_id for one in (wanted.leader, *wanted.carried) if one.message_id in more]
            taken = await claim_these(names) if names else ()
            if len(taken) < len(names):
                wanted = merged([*texts, *(more[claim.message_id] for claim in taken)])
        claims = {claim.message_id: claim for claim in (*group, *taken)}
        spoken = [one.message_id for one in (wanted.leader, *wanted.carried)] if wanted is not None else []
        if wanted is None:
            spoken = [group[0].message_id]
        others = [name for name in claims if name not in spoken]
        if others:
            # There is no room for all of them in one text: the others are claimed again at once.
            await connection.execute(SQL["put_back"], others, None)
        if wanted is None:
            return group[0]
        leader = claims[wanted.leader.message_id]
        carried = [one.message_id for one in wanted.carried]
        await connection.execute(SQL["carry"], carried, leader.message_id, leader.attempt)
        log.info("one text for several sites of one telephone", message_id=leader.message_id, carried=carried)
        return replace(leader, body=wanted.body, speaks_for=tuple(carried))


def _same(row: Any) -> str:
    """What makes texts one: those that are not merged have each their own."""
    return str(row["alike"] or row["message_id"])


def _site_text(row: Any) -> SiteText:
    frame = msgspec.json.decode(row["frame"], type=TextFrame)
    return SiteText(row["message_id"], row["customer_id"], row["lane"], row["body"], frame)


def _each_once(rows: Iterable[Any]) -> list[SiteText]:
    """One text to each customer."""
    return [_site_text(next(iter(theirs))) for _, theirs in groupby(rows, key=lambda row: row["customer_id"])]


def _by(claims: Iterable["Claim"], key: Callable[["Claim"], str]) -> list[tuple[str, list["Claim"]]]:
    """Grouped, in the order in which each group's first comes."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(key(claim), []).append(claim)
    return list(found.items())
