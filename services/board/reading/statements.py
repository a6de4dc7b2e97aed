"""Make what the public may read of a statement from a row of the restorer's view `board_statement`. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json

from services.board.domain.public import PublicStatement, StatementRow
from services.places import cleaned


class _Reason(Struct, frozen=True):
    reason: str
    count: int


class _Change(Struct, frozen=True, rename="camel"):
    rule_id: str
    figure: str
    was: float | None = None
    now: float | None = None


class _Row(Struct, frozen=True, kw_only=True, rename="camel"):
    rule_id: str
    source: str | None = None
    verified: bool = True
    asks: str | None = None
    measured: bool = True
    made: int = 0
    kept: int = 0
    broken: int = 0
    voided: int = 0
    open: int = 0
    corrected: int = 0
    voided_for: tuple[_Reason, ...] = ()
    figure: float | None = None
    limit: float | None = None
    unit: str | None = None
    aggregate: str | None = None
    verdict: str | None = None


class _Statement(Struct, frozen=True, kw_only=True):
    definitions: str | None = None
    rate: float | None = None
    target: float | None = None
    corrects: str | None = None
    changes: tuple[_Change, ...] | None = None
    rows: tuple[_Row, ...] | None = None


_decode = json.Decoder(_Statement).decode


def public_statement(row: Any) -> PublicStatement:
    """A month's statement as it stands."""
    said = _decode(row["said"])
    return PublicStatement(
        statement_id=row["statement_id"],
        month=row["month"],
        number=row["number"],
        published_at=row["published_at"],
        rows=tuple(_row(one) for one in said.rows or ()),
        definitions="\n".join(cleaned(line) for line in (said.definitions or "").split("\n")),
        rate=said.rate,
        target=said.target,
        corrects=said.corrects,
        changes=tuple((one.rule_id, one.figure, one.was, one.now) for one in said.changes or ()),
    )


def _row(one: _Row) -> StatementRow:
    due = one.kept + one.broken
    return StatementRow(
        rule_id=one.rule_id,
        asks=cleaned(one.asks or ""),
        source=cleaned(one.source or ""),
        measured=one.measured,
        made=one.made,
        kept=one.kept,
        broken=one.broken,
        voided=one.voided,
        open=one.open,
        corrected=one.corrected,
        voided_for={each.reason: each.count for each in one.voided_for},
        # Down, so that 100 % is said of nothing in which one promise was broken.
        rate=one.kept * 10_000 // due / 100 if one.measured and due else None,
        figure=one.figure,
        limit=one.limit,
        unit=one.unit,
        aggregate=one.aggregate,
        verdict=one.verdict,
        verified=one.verified,
    )
