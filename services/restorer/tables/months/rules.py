"""Keep by which rules months and cases go: those that were in force when a case was made, or while its month lasted.

Table policy_terms has the rules of every policy that a process of this service began with, as they read then; the months' streams
name which of them were in force. A case cites its rule and keeps it; one that is first heard of when its month is over goes by the
month's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from services.kernel.queries import queries
from services.policy import Policy, Rule, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.months.bounds import bounds
from services.restorer.domain.months.judging import ANSWER_CALL
from services.restorer.domain.months.measures import is_measured
from services.restorer.domain.months.state import MonthState
from services.restorer.domain.owed.moments import CALL_BACK

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "month_rules.sql")
MONTHS: Final = queries(Path(__file__).parents[2] / "sql" / "months.sql")
_RULES: Final = msgspec.json.Decoder(tuple[Rule, ...])


class MonthRules:
    """Policies as they read when they were in force. `policy`: today's."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        self.policy, self.calendar = policy, calendar
        self._known: dict[str, Policy] = {policy.version: policy}
        self.measuring_otherwise: Sequence[Policy] = ()
        """Of the policies that are kept those that measure something otherwise than today's; each such way once."""

    async def keep(self, connection: Any) -> None:
        """Put today's rules, and read those of before. At each start."""
        await connection.execute(
            SQL["put_terms"], self.policy.version, self.policy.id, _json(_written(self.policy.rules.values()))
        )
        for row in await connection.fetch(SQL["all_terms"]):
            self._take(row)

    async def terms(self, connection: Any, versions: Collection[str]) -> Mapping[str, Policy]:
        """These policies, as far as they are kept."""
        for version in sorted(set(versions) - self._known.keys()):
            if (row := await connection.fetchrow(SQL["terms"], version)) is not None:
                self._take(row)
        return {name: self._known[name] for name in versions if name in self._known}

    async def of_month(self, connection: Any, state: MonthState) -> Mapping[str, Policy]:
        """The policies that a month names."""
        named = state.opened.policies if state.opened is not None else ()
        return await self.terms(connection, [one.policy_version for one in named])

    async def of_months(self, connection: Any, months: Collection[str], at: datetime) -> Mapping[str, Policy]:
        """By which policy a case of each month goes that is made now: today's, or the last of a month that is over."""
        found = dict.fromkeys(months, self.policy)
        over = sorted(month for month in months if bounds(month, self.calendar.zone)[1] <= at)
        rows = await connection.fetch(SQL["named"], over) if over else []
        for row in rows:
            there = await self.terms(connection, row["versions"])
            last = [there[version] for version in row["versions"] if version in there]
            found[row["month"]] = last[-1] if last else self.policy
        return found

    async def bind(self, connection: Any, bind: Callable[[Any, str | None, datetime], Awaitable[int]]) -> int:
        """Say it of whatever another version put, and nobody has said it of; of how many months."""
        at = await connection.fetchval(MONTHS["decided_until"])
        if at is None:
            return 0
        async with connection.transaction():
            return await bind(connection, None, at)

    async def bind_calls(self, connection: Any, mrid: str | None, at: datetime) -> int:
        """Say by which rule calls back go of which that is not said: those of an outage, or of all; of how many months."""
        months = {row["month"] for row in await connection.fetch(SQL["unbound_calls"], self.calendar.zone.key, mrid)}
        for month, policy in sorted((await self.of_months(connection, months, at)).items()):
            asked = [one for one in policy.select(CALL_BACK) if one.aggregate != "each"]
            rule = _json(rule_ref(policy, asked[0], self.calendar) if asked else None)
            await connection.execute(SQL["bind_calls"], *bounds(month, self.calendar.zone), rule, mrid)
        return len(months)

    async def bind_hours(self, connection: Any, hotline: str | None, at: datetime) -> int:
        """The same of hours of the telephone."""
        months = {row["month"] for row in await connection.fetch(SQL["unbound_hours"], self.calendar.zone.key, hotline)}
        for month, policy in sorted((await self.of_months(connection, months, at)).items()):
            rules = [
                {"rule": rule_ref(policy, one, self.calendar), "unit": one.unit, "amount": float(one.amount)}
                for one in policy.select(ANSWER_CALL)
                if one.amount is not None
            ]
            await connection.execute(SQL["bind_hours"], *bounds(month, self.calendar.zone), _json(rules), hotline)
        return len(months)

    def _take(self, row: Any) -> None:
        if row["policy_version"] not in self._known:
            rules = {rule.id: rule for rule in _RULES.decode(row["rules"])}
            self._known[row["policy_version"]] = replace(
                self.policy, id=row["policy_id"], version=row["policy_version"], rules=rules
            )
            ways = {_measured_by(self._known[version]): self._known[version] for version in sorted(self._known)}
            ways.pop(_measured_by(self.policy))
            self.measuring_otherwise = tuple(ways.values())


def _measured_by(policy: Policy) -> str:
    return _json(_written(rule for rule in policy.rules.values() if is_measured(rule)))


def _written(rules: Iterable[Rule]) -> list[Rule]:
    return [replace(rule, applies_when=dict(rule.applies_when)) for rule in rules]


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()
