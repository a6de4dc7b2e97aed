"""Claim texts to send: one transaction that looks at brake and circuits, claims, and writes down the intent."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog

from schemas.contracts.messages import Lane, Trigger
from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.notifier.domain.customer.lanes import LANE_RANK, NOTICES, SAYS_OFF
from services.notifier.domain.handset.caps import PlacelessText
from services.notifier.sending.gates.brake import CLAIMING
from services.notifier.sending.gates.brake import SQL as BRAKE_SQL
from services.notifier.sending.gates.circuits import Circuits
from services.notifier.sending.gates.older_pods import OlderPods
from services.notifier.sending.gates.paces import TokenBlock
from services.notifier.sending.handsets import HandsetSorter
from services.notifier.sending.recorder import SQL
from services.notifier.sending.routing.router import Router
from services.policy.model import Telling
from services.policy.quiet import Nights

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=30)
OFF_TEXTS: Final = sorted(SAYS_OFF)
NOTICE_TEXTS: Final = sorted(NOTICES)
_OF_ALL, _OF_THESE = "and not_before <= $1", "and message_id = any($13::text[])"
CLAIM_THESE: Final = SQL["claim"].replace(_OF_ALL, _OF_THESE)
"""The same of certain texts, whose time need not have come: another one says just that to their telephone now."""
if SQL["claim"] == CLAIM_THESE:
    raise AssertionError(f"sql/sending.sql: claim must say {_OF_ALL}")


@dataclass(frozen=True, slots=True)
class Claim:
    """One text, claimed for one attempt. `number_ref`: blind index of the number it goes to; `probe`: let through an open
    circuit. `wall` and `monotonic`: when it was claimed.
    """  # noqa: D205 - the first line lists what there is

    message_id: str
    customer_id: str
    contact_id: str
    body: str
    expires_at: datetime
    attempt: int
    owner: int
    wall: datetime
    monotonic: float
    probe: bool = False
    number_ref: str | None = None
    lane: Lane = "key"
    waits_since: datetime | None = None
    """Since when the customer waits for it: what it tells was known, and it might go."""
    trigger: Trigger = "fault"
    due_at: datetime | None = None
    speaks_for: tuple[str, ...] = ()
    """Texts to other customers on the same telephone that its body says, too."""
    invites: str | None = None
    """What asks for an answer, where the provider brings answers; it ends the body."""

    def as_posted(self) -> "Claim":
        """With what asks for an answer. A text for several sites asks for none: nobody could say of which "1" is the answer."""
        if self.invites is None or self.speaks_for:
            return replace(self, invites=None)
        return replace(self, body=self.body + self.invites)


PlacelessSaid = Callable[[Sequence[tuple[Claim, PlacelessText]]], Awaitable[None]]
"""Says of texts that there was no room for them."""


class Claims:
    """Claims of some lanes for one sender. `router`: chooses a text's provider first; without one all texts are this provider's."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        circuits: Circuits,
        provider: str,
        nights: Nights | None = None,
        *,
        lanes: Sequence[Lane] = tuple(LANE_RANK),
        router: Router | None = None,
        handset_most: int = Telling().handset_most,
        older: OlderPods,
        no_room: PlacelessSaid | None = None,
    ) -> None:
        self._lanes, self._ranks = list(lanes), [LANE_RANK[lane] for lane in lanes]
        self._handsets = HandsetSorter(handset_most, self._ranks, older)
        self._no_room = no_room
        self._pool = pool
        self._nights = nights
        self._clock = clock
        self._circuits = circuits
        self._provider = provider
        self._router = router
        self._unheard: Sequence[Claim] = ()
        """Of the last transaction, where nobody heard how it ended."""

    async def take(self, count: int, owner: int, block: TokenBlock | None = None) -> list[Claim]:
        """Up to `count` texts, most urgent lane first; behind an open circuit one at a time, when a probe is due.

        `block`: the tokens that they go with, for the record.
        """
        claims: list[Claim] = []
        full: list[tuple[Claim, PlacelessText]] = []
        try:
            number_refs = await self._claim(count, owner, block, claims, full)
        except DATABASE:
            self._unheard = claims
            raise
        if claims:
            reach("claimed")
        if full and self._no_room is not None:
            await self._no_room(full)
        return [replace(claim, number_ref=number_refs[claim.message_id]) for claim in claims]

    async def give_back(self) -> None:
        """Let texts be claimed again where a claim was committed and nobody heard so: none of them was posted, or will be."""
        if self._unheard:
            found = await self._pool.fetch(
                SQL["give_back"],
                [claim.message_id for claim in self._unheard],
                [claim.attempt for claim in self._unheard],
                self._unheard[0].owner,
                self._clock.wall(),
            )
            self._unheard = ()
            for row in found:
                log.info("claimed, and nobody heard so; the text may be sent", message_id=row["message_id"])

    async def _claim(
        self,
        count: int,
        owner: int,
        block: TokenBlock | None,
        claims: list[Claim],
        full: list[tuple[Claim, PlacelessText]],
    ) -> dict[str, str | None]:
        """Add to `claims` what one transaction claims; the blind index of the number each goes to, by text.

        To `full` what was claimed and found no room on its telephone: it is given back.
        """
        wall, at = self._clock.wall(), self._clock.monotonic()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await connection.execute(BRAKE_SQL["hold_still"], CLAIMING)
                ways, circuits = await self._circuits.ways(connection, wall)
                if ways.open == "none":
                    return {}
                await self._rest(connection)
                if self._router is not None:
                    await self._router.route(connection, wall)
                probe = ways.open == "probe"
                rows = await self._rows(connection, 1 if probe else count, wall, ways.barred, None)
                claims += [_claim(row, owner, wall, at, probe=probe) for row in rows]
                if probe and rows:
                    await self._circuits.probing(connection, circuits, None, wall)
                for country in ways.probes:
                    if probe and claims:
                        break
                    if rows := await self._rows(connection, 1, wall, (), country):
                        claims += [_claim(row, owner, wall, at, probe=True) for row in rows]
                        await self._circuits.probing(connection, circuits, country, wall)
                        if probe:
                            await self._circuits.probing(connection, circuits, None, wall)

                async def claim_these(names: Sequence[str]) -> Sequence[Claim]:
                    rows = await self._rows(connection, len(names), wall, ways.barred, None, names)
                    return [_claim(row, owner, wall, at, probe=probe) for row in rows]

                claimed = {claim.message_id: claim for claim in claims}
                claims[:], refused = await self._handsets.sort_out(connection, claims, claim_these, self._clock.now())
                full += [(claimed[one.message_id], one) for one in refused]
                claims[:] = [claim.as_posted() for claim in claims]
                refs = await connection.fetch(
                    SQL["intend"],
                    [claim.message_id for claim in claims],
                    [claim.attempt for claim in claims],
                    self._provider,
                    owner,
                    wall,
                    wall + LEASE,
                    [claim.body if claim.speaks_for or claim.invites else None for claim in claims],
                    self._clock.now(),
                    *(block or (None, None, None)),
                )
        return {row["message_id"]: row["number_ref"] for row in refs}

    async def _rest(self, connection: Any) -> None:
        """At night: what ought to have gone by day and can wait does (domain/customer/quiet_hours.py says why)."""
        now = self._clock.now()
        morning = self._nights.over(now) if self._nights is not None else now
        if self._nights is None or morning == now:
            return
        until = self._nights.prepared(morning)
        for row in await connection.fetch(SQL["rest"], now, morning, until):
            log.info("about later work, and it is night; the text waits", message_id=row["message_id"], until=morning)

    async def _rows(
        self,
        connection: Any,
        count: int,
        wall: datetime,
        barred: Sequence[str],
        only: str | None,
        these: Sequence[str] | None = None,
    ) -> list[Any]:
        rows: list[Any] = await connection.fetch(
            SQL["claim"] if these is None else CLAIM_THESE,
            self._clock.now(),
            wall,
            count,
            wall + LEASE,
            self._provider,
            self._lanes,
            self._ranks,
            list(barred),
            only,
            OFF_TEXTS,
            self._provider if self._router is None or these is not None else None,
            NOTICE_TEXTS,
            *([list(these)] if these is not None else ()),
        )
        return rows


def _claim(row: Any, owner: int, wall: datetime, at: float, *, probe: bool) -> Claim:
    return Claim(
        row["message_id"],
        row["customer_id"],
        row["contact_id"],
        row["body"],
        row["expires_at"],
        row["attempts"],
        owner,
        wall,
        at,
        probe,
        lane=row["lane"],
        waits_since=row["waits_since"],
        trigger=row["trigger"],
        due_at=row["due_at"],
        invites=row["invites"],
    )
