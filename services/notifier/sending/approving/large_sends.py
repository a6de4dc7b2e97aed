"""See which sends go to more people than may be told without a person's approval, before the first of them is told.

A send is an outage's truth on its way to all whom it concerns. Its texts to life support and to special importance go at
once, and so do those that end what was said before; the others are held (retry_after is infinity) until somebody approves, or
until they are of no use any more.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from services.concerned.matching import counted
from services.kernel.model import Event, category_of
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import SAYS_ON
from services.notifier.domain.events import AudienceChunk, AudienceDue
from services.notifier.domain.outage.truth import Truth, has_ended
from services.notifier.domain.wording.reference import SPEAKABLE
from services.notifier.tables.customer_points import customers_inside

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "approving.sql")
COUNTED_BEYOND: Final = 4
"""So many times the limit people are counted: twice as many as were approved are asked about again."""
ID_LENGTH: Final = 6
NEVER_HELD: Final = sorted(SAYS_ON)
"""Texts that end or correct what was said to people who know of it."""


class LargeSends:
    """Table large_send. `above`: to so many people may be sent without asking; 0: to any."""

    def __init__(self, above: int) -> None:
        self._above = above

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Look at each truth as the first of those whom it concerns are told."""
        if not self._above or category_of(events[0].stream_id) != "fanout":
            return
        for event in events:
            if isinstance(event.data, AudienceChunk) and event.data.number == 1:
                await self._look(connection, event.data, event.decided_at)

    async def _look(self, connection: Any, first: AudienceChunk, now: datetime) -> None:
        truth = msgspec.json.decode(await connection.fetchval(SQL["job"], first.mrid), type=AudienceDue).truth
        if has_ended(truth):
            return  # its words end what was said
        people = first.seen if first.upto is None else await self._people(connection, first, truth)
        if people <= self._above:
            await connection.execute(SQL["no_longer"], first.mrid)
            return
        asked = (first.mrid, send_id(first.mrid), first.outage_version, people, now)
        state = await connection.fetchval(SQL["ask"], *asked)
        if state == "waiting":
            log.warning("a send waits for approval", mrid=first.mrid, send=send_id(first.mrid), people=people)

    async def _people(self, connection: Any, first: AudienceChunk, truth: Truth) -> int:
        most = COUNTED_BEYOND * self._above + 1
        shape = truth.extent.shape
        inside = [] if shape is None else await customers_inside(connection, shape, "", most)
        kinds = counted(truth.extent, truth.spent)
        found: int = await connection.fetchval(SQL["how_many"], first.mrid, most, inside, kinds)
        return max(found, first.seen)


def send_id(mrid: str) -> str:
    """How operators call the send of an outage.

    >>> send_id("F-1")
    'S-VHKYDV'
    """
    number = int.from_bytes(sha256(mrid.encode()).digest()[:8], "big")
    signs = []
    for _ in range(ID_LENGTH):
        number, sign = divmod(number, len(SPEAKABLE))
        signs.append(SPEAKABLE[sign])
    return "S-" + "".join(signs)
