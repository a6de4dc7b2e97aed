"""Keep a row of each promise of every service, in the transaction that hears of it: how it stands, and in which month it falls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from schemas.contracts.base import RuleRef
from schemas.contracts.promises import TYPES, Promise
from services.kernel.adapters.locks import advisory_key, lock_until_commit
from services.kernel.model import Event
from services.kernel.queries import queries
from services.restorer.domain.months.bounds import month_of
from services.restorer.domain.months.cases import CaseExplained, CaseVerdict, PromiseCase, heard, standing_of

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "promise_cases.sql")
SERVICE: Final = "restorer"
READ_AT_ONCE: Final = 2_000
LOCK: Final = advisory_key(SERVICE, "promise-cases")
Key = tuple[str, str]
"""Service and promise id: what a case is known by."""


@dataclass(frozen=True, slots=True)
class HeardPromise:
    """One word on a promise: who made it, what is said, under which event id; and the stream, where it is one of ours."""

    service: str
    said: Promise
    event_id: str
    stream_id: str | None = None


class PromiseCases:
    """Table promise_case for the restorer's own promises, whatever stream makes them (a GatheringProjection)."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._heard: list[HeardPromise] = []

    def begin(self) -> None:
        """A transaction begins."""
        self._heard.clear()

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Remember what is said of promises; it is written together."""
        del connection
        self._heard += [
            HeardPromise(SERVICE, event.data, str(event.event_id), event.stream_id)
            for event in events
            if isinstance(event.data, Promise)
        ]

    async def finish(self, connection: Any) -> None:
        """Write it; also before anything is counted in this transaction."""
        words = self._heard[:]
        self._heard.clear()
        await take(connection, self._zone, words)


async def take(connection: Any, zone: ZoneInfo, words: Sequence[HeardPromise]) -> None:
    """Bring the rows of these promises to what was now heard, in one go; heard twice it changes nothing."""
    if not words:
        return
    firsts: dict[Key, HeardPromise] = {}
    for word in words:
        firsts.setdefault((word.service, word.said.promise_id), word)
    begun = await connection.fetch(SQL["begin"], _json(_begun(word, zone) for word in firsts.values()))
    older = sorted(firsts.keys() - {(row["service"], row["promise_id"]) for row in begun})
    before: dict[Key, PromiseCase] = {}
    if older:
        rows = await connection.fetch(SQL["known"], [key[0] for key in older], [key[1] for key in older])
        before = {(row["service"], row["promise_id"]): _case(row) for row in rows}
    cases = dict(before)
    for word in words:
        key = (word.service, word.said.promise_id)
        cases[key] = heard(cases.get(key), word.service, word.said, word.event_id)
    changed = [_row(case, firsts[key].stream_id) for key, case in sorted(cases.items()) if case != before.get(key)]
    if changed:
        await connection.execute(SQL["put"], _json(changed))


async def renew_cases(connection: Any, zone: ZoneInfo) -> int:
    """Take what stands in the log and was written by a version without this table; how many words were looked through.

    Safe beside any other process: what is there already is not taken twice.
    """
    looked, end = 0, await connection.fetchval(SQL["log_end"])
    while some := await _renew_some(connection, zone, end):
        looked += some
    return looked


async def _renew_some(connection: Any, zone: ZoneInfo, end: int) -> int:
    """Take some words, up to a position, in a transaction of their own: nobody waits long for these rows. 0: none is left."""
    async with connection.transaction():
        await lock_until_commit(connection, LOCK)
        position = await connection.fetchval(SQL["read_upto"])
        rows = await connection.fetch(SQL["unread"], position, end, READ_AT_ONCE, [*TYPES])
        await take(connection, zone, [_logged(row) for row in rows])
        await connection.execute(SQL["set_read"], rows[-1]["position"] if rows else end)
    return len(rows)


def _logged(row: Any) -> HeardPromise:
    said = msgspec.json.decode(row["data"], type=TYPES[row["type"]])
    return HeardPromise(SERVICE, said, str(row["event_id"]), row["stream_id"])


def _begun(word: HeardPromise, zone: ZoneInfo) -> dict[str, Any]:
    said = word.said
    return {
        "service": word.service,
        "promise_id": said.promise_id,
        "stream_id": word.stream_id,
        "rule_id": said.rule.rule_id,
        "rule": said.rule,
        "mrid": said.mrid,
        "customer_id": said.customer_id,
        "due_at": said.due_at,
        "month": month_of(said.due_at, zone),
    }


def _row(case: PromiseCase, stream_id: str | None) -> dict[str, Any]:
    stands = standing_of(case.verdicts)
    return {
        "service": case.service,
        "promise_id": case.promise_id,
        "stream_id": stream_id,
        "obligation": case.obligation,
        "territories": case.territories,
        "measured_from": case.measured_from,
        "warned_at": case.warned_at,
        "standing": stands.standing,
        "verdict_at": stands.at,
        "reason": stands.reason,
        "unproven": stands.unproven,
        "corrected_from": stands.corrected_from,
        "verdicts": case.verdicts,
        "explained": case.explained,
    }


def _case(row: Any) -> PromiseCase:
    return PromiseCase(
        service=row["service"],
        promise_id=row["promise_id"],
        rule=msgspec.json.decode(row["rule"], type=RuleRef),
        due_at=row["due_at"],
        mrid=row["mrid"],
        customer_id=row["customer_id"],
        obligation=row["obligation"],
        measured_from=row["measured_from"],
        territories=tuple(row["territories"]),
        warned_at=row["warned_at"],
        verdicts=msgspec.json.decode(row["verdicts"], type=tuple[CaseVerdict, ...]),
        explained=None if row["explained"] is None else msgspec.json.decode(row["explained"], type=CaseExplained),
    )


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()
