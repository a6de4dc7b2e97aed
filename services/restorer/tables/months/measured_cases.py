"""Keep what is measured of each outage as rows, in the deciding transaction: put anew where late facts move it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.base import RuleRef
from services.kernel.model import Service, Stream
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.policy import Policy, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.bounds import month_of
from services.restorer.domain.months.judging import ANSWER_CALL
from services.restorer.domain.months.measures import MeasuredCase, measured
from services.restorer.domain.owed.moments import CALL_BACK
from services.restorer.domain.state import SupplyState
from services.restorer.tables.months.promise_cases import SQL as CASES

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "months.sql")
STREAMS_AT_ONCE: Final = 20
Key = tuple[str, int, str]
"""Rule, episode, month."""


class MeasuredCases:
    """Table measured_case, by one policy."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self._policy, self._calendar = policy, calendar

    async def keep(self, connection: Any, stream: Stream, before: SupplyState) -> None:
        """Bring the rows of an outage in line with its state, where it says otherwise than before."""
        now = measured(stream.state, self._policy, self._calendar)
        if now != measured(before, self._policy, self._calendar):
            await self._put(connection, stream.state.mrid, now)

    async def renew(self, connection: Any, service: Service, *others: Callable[[Any, Stream], Awaitable[None]]) -> int:
        """Measure outages that a version without this table wrote; how many. Cheap where there are none.

        `others` keep what such a version has no table for, either.
        """
        end = await connection.fetchval(CASES["log_end"])
        behind = await connection.fetch(SQL["unmeasured"], end)
        log = Log(service, remember=0)
        for start in range(0, len(behind), STREAMS_AT_ONCE):
            some = {row["stream_id"]: row["partition"] for row in behind[start : start + STREAMS_AT_ONCE]}
            async with connection.transaction():
                for stream in (await log.lock(connection, some)).values():
                    if stream.newer:
                        continue  # its own version keeps its rows
                    state: SupplyState = stream.state
                    await self._put(connection, state.mrid, measured(state, self._policy, self._calendar))
                    for keep in others:
                        await keep(connection, stream)
        await connection.execute(SQL["set_measured"], end)
        return len(behind)

    async def keep_terms(self, connection: Any) -> None:
        """By which zone months are counted from now on, and under which rules reporters are called back and telephones answered."""
        zone = self._calendar.zone.key
        asked = [one for one in self._policy.select(CALL_BACK) if one.aggregate != "each"]
        rule = msgspec.json.encode(rule_ref(self._policy, asked[0], self._calendar)).decode() if asked else None
        telephone = [
            {"rule": rule_ref(self._policy, one, self._calendar), "unit": one.unit, "amount": float(one.amount)}
            for one in self._policy.select(ANSWER_CALL)
            if one.amount is not None
        ]
        async with connection.transaction():
            was = await connection.fetchval(SQL["terms"])
            await connection.execute(SQL["set_terms"], zone, rule, msgspec.json.encode(telephone).decode())
            if was not in (None, zone):
                await connection.execute(SQL["move_promises"], zone)
                await connection.execute(SQL["make_room"], zone)
                await connection.execute(SQL["move_measures"], zone)

    async def _put(self, connection: Any, mrid: str, cases: Iterable[MeasuredCase]) -> None:
        there: dict[Key, MeasuredCase] = {
            (row["rule_id"], row["episode"], row["month"]): _case(mrid, row)
            for row in await connection.fetch(SQL["measured"], mrid)
        }
        now = {(one.rule.rule_id, one.episode, month_of(one.since, self._calendar.zone)): one for one in cases}
        # What was measured under a rule that the policy has no more stands as it was: its months were counted by that rule.
        gone = sorted(key for key in there.keys() - now.keys() if not now or key[0] in self._policy.rules)
        if gone:
            await connection.execute(SQL["gone"], mrid, *map(list, zip(*gone, strict=True)))
        rows = [_row(key, case) for key, case in sorted(now.items()) if there.get(key) != case]
        if rows:
            await connection.execute(SQL["put_measured"], msgspec.json.encode(rows).decode())


def _row(key: Key, case: MeasuredCase) -> Mapping[str, Any]:
    return {
        "mrid": case.mrid,
        "rule_id": key[0],
        "episode": key[1],
        "month": key[2],
        "rule": case.rule,
        "obligation": case.obligation,
        "territories": case.territories,
        "since": case.since,
        "done_at": case.done_at,
        "left_out": case.left_out,
    }


def _case(mrid: str, row: Any) -> MeasuredCase:
    return MeasuredCase(
        mrid=mrid,
        rule=msgspec.json.decode(row["rule"], type=RuleRef),
        episode=row["episode"],
        obligation=row["obligation"],
        since=row["since"],
        done_at=row["done_at"],
        left_out=row["left_out"],
        territories=tuple(row["territories"]),
    )
