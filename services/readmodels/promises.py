"""`promise`: one row for each promise of a service, with how it stands, by when, under which rule, and on what proof.

Where it is, in lines and areas, stands in the view of its stream (`live`, by stream_id): promise events do not say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from schemas.contracts.promises import TYPES
from services.kernel.queries import queries
from services.kernel.reading.projections import Recorded
from services.promises import TOO_LATE

SQL = queries(Path(__file__).parent / "sql" / "promise.sql")
OPEN: Final = ("made", "atRisk")
VERDICTS: Final = ("kept", "broken", "voided")

_STATES: Final[Mapping[str, str]] = {
    "promise.at-risk.v1": "atRisk",
    "promise.explained.v1": "atRisk",  # by which no verdict that stands is changed (promise.sql)
    "promise.kept.v1": "kept",
    "promise.broken.v1": "broken",
    "promise.voided.v1": "voided",
}


# Leaner than the contracts, for a rebuild reads millions: instants stay texts and evidence stays JSON, as the log holds
# them; what was checked when it was written is not checked again.
class _Rule(msgspec.Struct, frozen=True, rename="camel", gc=False):
    policy_id: str
    policy_version: str
    rule_id: str
    calendar_version: str | None = None


class _Said(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    promise_id: str
    mrid: str | None = msgspec.field(name="mRID", default=None)
    customer_id: str | None = None
    rule: _Rule
    due_at: str


class _Made(_Said, frozen=True, kw_only=True, rename="camel", gc=False):
    measured_from: str
    at_risk_at: str
    warn_again_at: tuple[str, ...] = ()
    obligation: str


class _Judged(_Said, frozen=True, kw_only=True, rename="camel", gc=False):
    """Everything that comes after a promise was made."""

    at: str
    reason: str
    evidence: msgspec.Raw = msgspec.Raw(b"[]")
    unproven: bool | None = None
    was: str | None = None
    now: str | None = None
    number: int | None = None
    by: str | None = None


class PromiseRow(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True):
    """A row of `promise`. Instants are RFC 3339 texts, except those of the log itself. What is None is not written."""

    promise_id: str
    stream_id: str
    mrid: str | None = None
    customer_id: str | None = None
    rule_id: str
    policy_id: str
    policy_version: str
    calendar_version: str | None = None
    due_at: str
    state: str
    """made, atRisk, or the verdict that stands: kept, broken, voided."""

    obligation: str | None = None
    measured_from: str | None = None
    made_at: datetime | None = None
    """When it was decided, as is `decided_at` for the verdict."""

    at_risk_at: str | None = None
    warned_at: str | None = None
    """When the last warning was due that was given."""

    warned: int | None = None
    """Which of its warnings that was, from 1."""

    warnings: int | None = None
    """How many it has."""

    verdict_at: str | None = None
    """When the thing promised happened, or the deadline passed; for a correction, when it was made."""

    decided_at: datetime | None = None
    reason: str | None = None
    evidence: msgspec.Raw | None = None
    unproven: bool | None = None
    """Broken past the grace period while facts were still waiting."""

    corrected_from: str | None = None
    """The first verdict, where a later fact overturned it."""

    why: str | None = None
    """Why it was broken, in the words of `why_by`."""

    why_by: str | None = None
    why_at: str | None = None
    position: int
    """Of the last event about it."""


class PromiseRows:
    """The read model `promise` (a services.kernel.reading.projections.ReadModel)."""

    name: str = "promise"
    version: int = 2
    reads: Mapping[str, type[msgspec.Struct]] = {
        name: _Made if name == "promise.made.v1" else _Judged for name in TYPES
    }
    ddl: str = SQL["table"]
    indexes: Sequence[str] = (
        "create index if not exists {table}_mrid on {table} (mrid)",
        "create index if not exists {table}_open on {table} (due_at) where state in ('made', 'atRisk')",
    )
    columns: Sequence[str] = PromiseRow.__struct_fields__
    source: str = SQL["source"]
    put: str = SQL["put"]

    def fold(self, events: Iterable[Recorded]) -> list[PromiseRow]:
        """Each promise as these events leave it."""
        rows: dict[str, PromiseRow] = {}
        for position, stream_id, type_name, data, decided_at in events:
            row = rows.get(data.promise_id)
            if row is None:
                rule = data.rule
                row = rows[data.promise_id] = PromiseRow(
                    promise_id=data.promise_id,
                    stream_id=stream_id,
                    mrid=data.mrid,
                    customer_id=data.customer_id,
                    rule_id=rule.rule_id,
                    policy_id=rule.policy_id,
                    policy_version=rule.policy_version,
                    calendar_version=rule.calendar_version,
                    due_at=data.due_at,
                    state=_STATES.get(type_name, "made"),
                    position=position,
                )
            row.position, row.due_at = position, data.due_at
            if type_name == "promise.made.v1":
                row.state, row.obligation, row.made_at = "made", data.obligation, decided_at
                row.measured_from, row.at_risk_at = data.measured_from, data.at_risk_at
                row.warnings = 1 + len(data.warn_again_at)
            elif type_name == "promise.at-risk.v1":
                _warn(row, data)
            elif type_name == "promise.explained.v1":
                row.why, row.why_by, row.why_at = data.reason, data.by, data.at
            else:
                _judge(row, type_name, data, decided_at)
        return list(rows.values())


def _warn(row: PromiseRow, data: _Judged) -> None:
    if data.reason != TOO_LATE:  # else nobody was warned
        row.warned_at, row.warned = data.at, data.number or 1
    if row.state == "made":
        row.state = "atRisk"


def _judge(row: PromiseRow, type_name: str, data: _Judged, decided_at: datetime) -> None:
    if type_name == "promise.corrected.v1":
        row.corrected_from = row.corrected_from or data.was
    row.state = data.now or _STATES[type_name]
    row.verdict_at, row.decided_at, row.reason = data.at, decided_at, data.reason
    row.evidence = data.evidence
    row.unproven = data.unproven or row.unproven
