"""Keep as rows, in the deciding transaction, of which promises people are asked: near their deadline, or broken and not explained.

Words to one customer are not among them: who is not told has people of their own (the notifier's causes). Nor is the explanation to
one who asks: the call centre answers its telephone, and a storm would make a task of each call.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseMade,
)
from services.kernel.model import Event
from services.kernel.queries import queries
from services.promises import ASKED_ELSEWHERE, STRICTER_NEAR, is_published
from services.tasks.domain.kinds import PROMISE_AT_RISK, PROMISE_UNEXPLAINED

SQL: Final = queries(Path(__file__).parent / "sql" / "promises.sql")
ASKED_FOR: Final = timedelta(days=60)
"""Why a promise was broken is asked for so long: its month is published by then."""


FirstHeld = Callable[[Any, Sequence[str]], Awaitable[Mapping[str, str]]]
"""By outage (mRID), of some: whether life support or special importance is off under it, as a rank; of the others nothing."""


class PromiseAlarms:
    """Table promise_alarm (a GatheringProjection)."""

    def __init__(self, first_held: FirstHeld | None = None) -> None:
        """`first_held`: where a service knows who is off, whom a promise that is near its deadline concerns first."""
        self._first_held = first_held
        self._heard: dict[str, tuple[Event, Promise]] = {}

    def begin(self) -> None:
        """A transaction begins."""
        self._heard.clear()

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Remember the last word on each promise; they are written together."""
        del connection
        for event in events:
            said = event.data
            if isinstance(said, Promise) and not isinstance(said, PromiseMade) and _concerns_all(said):
                self._heard[said.promise_id] = (event, said)

    async def finish(self, connection: Any) -> None:
        """Write it."""
        if not self._heard:
            return
        heard, self._heard = sorted(self._heard.items()), {}
        rows = [row for _, (event, said) in heard if (row := _row(event, said)) is not None]
        at_risk = sorted({row["mrid"] for row in rows if row["kind"] == PROMISE_AT_RISK and row["mrid"] is not None})
        if self._first_held is not None and at_risk:
            ranks = await self._first_held(connection, at_risk)
            rows = [row | {"rank": ranks.get(row["mrid"])} if row["kind"] == PROMISE_AT_RISK else row for row in rows]
        if rows:
            await connection.execute(SQL["put"], msgspec.json.encode(rows).decode())
        standing = {row["promise_id"] for row in rows}
        if over := [name for name, _ in heard if name not in standing]:
            await connection.execute(SQL["drop"], over)


def _concerns_all(said: Promise) -> bool:
    """Whether it is a word that changes what people have to do about a promise that is not one customer's."""
    if said.customer_id is not None or said.enquiry_id is not None:
        return False
    return not isinstance(said, PromiseAtRisk) or (is_published(said) and said.reason != STRICTER_NEAR)


def _row(event: Event, said: Promise) -> dict[str, Any] | None:
    about: dict[str, Any] = {
        "promise_id": said.promise_id,
        "stream_id": event.stream_id,
        "mrid": said.mrid,
        "rule_id": said.rule.rule_id,
        "due_at": said.due_at,
        "since": event.decided_at,
    }
    match said:
        case PromiseAtRisk():
            number, of = said.number or 1, said.of or 1
            about |= {"kind": PROMISE_AT_RISK, "number": number, "warnings": of, "useful_until": None}
        case PromiseBroken() | PromiseCorrected(now="broken") if said.reason not in ASKED_ELSEWHERE:
            about |= {
                "kind": PROMISE_UNEXPLAINED,
                "number": None,
                "warnings": None,
                "useful_until": event.decided_at + ASKED_FOR,
            }
        case _:
            return None
    return about | {"reason": said.reason}
