"""Keep what is measured of each outage as rows, in the deciding transaction: put anew where late facts move it.

A case goes on by the rule under which it was measured first; one that is first heard of when its month is over, by its month's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import RuleRef
from services.kernel.model import Service, Stream
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.policy import Policy
from services.restorer.domain.months.bounds import month_of
from services.restorer.domain.months.measures import MeasuredCase, measured
from services.restorer.domain.state import SupplyState
from services.restorer.tables.months.promise_cases import SQL as CASES
from services.restorer.tables.months.rules import MonthRules

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "months.sql")
STREAMS_AT_ONCE: Final = 20
Key = tuple[str, int, str]
"""Rule, episode, month."""


class MeasuredCases:
    """Table measured_case."""

    def __init__(self, rules: MonthRules) -> None:
        self._rules, self._calendar = rules, rules.calendar

    async def keep(self, connection: Any, stream: Stream, before: SupplyState) -> None:
        """Bring the rows of an outage in line with its state, where it says otherwise than before."""
        ways = (self._rules.policy, *self._rules.measuring_otherwise)
        if any(measured(stream.state, way, self._calendar) != measured(before, way, self._calendar) for way in ways):
            await self._put(connection, stream.state, stream.new[-1].decided_at)

    async def renew(self, connection: Any, service: Service, *others: Callable[[Any, Stream], Awaitable[None]]) -> int:
        """Measure outages that a version without this table wrote; how many. Cheap where there are none.

        `others` keep what such a version has no table for, either.
        """
        end = await connection.fetchval(CASES["log_end"])
        at = await connection.fetchval(SQL["decided_until"])
        behind = await connection.fetch(SQL["unmeasured"], end)
        log = Log(service, remember=0)
        for start in range(0, len(behind), STREAMS_AT_ONCE):
            some = {row["stream_id"]: row["partition"] for row in behind[start : start + STREAMS_AT_ONCE]}
            async with connection.transaction():
                for stream in (await log.lock(connection, some)).values():
                    if stream.newer:
                        continue  # its own version keeps its rows
                    await self._put(connection, stream.state, at)
                    for keep in others:
                        await keep(connection, stream)
        await connection.execute(SQL["set_measured"], end)
        return len(behind)

    async def keep_zone(self, connection: Any) -> None:
        """By which zone months are counted from now on."""
        zone = self._calendar.zone.key
        async with connection.transaction():
            was = await connection.fetchval(SQL["zone"])
            await connection.execute(SQL["set_zone"], zone)
            if was not in (None, zone):
                await connection.execute(SQL["move_promises"], zone)
                await connection.execute(SQL["make_room"], zone)
                await connection.execute(SQL["move_measures"], zone)

    async def _put(self, connection: Any, state: SupplyState, at: datetime) -> None:
        there: dict[Key, MeasuredCase] = {
            (row["rule_id"], row["episode"], row["month"]): _case(state.mrid, row)
            for row in await connection.fetch(SQL["measured"], state.mrid)
        }
        kept = await self._rules.terms(connection, {case.rule.policy_version for case in there.values()})
        now = await self._measured(connection, state, there, kept, at)
        # What was measured under a rule of which nobody kept how it read stands as it was: its month was counted by that rule.
        judged = {name for policy in (self._rules.policy, *kept.values()) for name in policy.rules}
        gone = sorted(key for key in there.keys() - now.keys() if not now or key[0] in judged)
        if gone:
            await connection.execute(SQL["gone"], state.mrid, *map(list, zip(*gone, strict=True)))
        rows = [_row(key, case) for key, case in sorted(now.items()) if there.get(key) != case]
        if rows:
            await connection.execute(SQL["put_measured"], msgspec.json.encode(rows).decode())

    async def _measured(
        self,
        connection: Any,
        state: SupplyState,
        there: Mapping[Key, MeasuredCase],
        kept: Mapping[str, Policy],
        at: datetime,
    ) -> dict[Key, MeasuredCase]:
        """What is measured of an outage now, each case by the rule under which it was first; a new one by its month's."""
        ways = (self._rules.policy, *self._rules.measuring_otherwise)
        by_way = {way.version: self._keyed(measured(state, way, self._calendar)) for way in ways}
        months = {key[2] for cases in (*by_way.values(), there) for key in cases}
        of_month = await self._rules.of_months(connection, months, at)
        found: dict[Key, MeasuredCase] = {}
        for policy in {one.version: one for one in (*of_month.values(), *kept.values())}.values():
            cases = by_way.get(policy.version)
            if cases is None:
                cases = self._keyed(measured(state, policy, self._calendar))
            for key, case in cases.items():
                older = there.get(key)
                # One whose rules nobody kept (a version of before put it) goes by its month's.
                goes_by = kept.get(older.rule.policy_version) if older is not None else None
                if (goes_by or of_month.get(key[2], self._rules.policy)).version == policy.version:
                    found[key] = case if older is None else replace(case, rule=older.rule)
        return found

    def _keyed(self, cases: Iterable[MeasuredCase]) -> dict[Key, MeasuredCase]:
        return {(one.rule.rule_id, one.episode, month_of(one.since, self._calendar.zone)): one for one in cases}


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
