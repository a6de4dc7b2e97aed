"""Make the published curtailment scheme from the rows of the planner's view `board_scheme`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, json

from services.board.domain.public import PublicScheme, SchemeStep
from services.board.reading.names import PublicNames, SaidPlaces
from services.places import cleaned

_names = json.Decoder(tuple[str, ...]).decode


class SchemeRow(Struct, frozen=True, kw_only=True):
    """One step."""

    scheme_id: str
    title: str
    step: int
    places: SaidPlaces
    in_force_since: datetime | None
    out_of_turn: bool


def scheme_row(row: Any) -> SchemeRow:
    """A row as the database gives it."""
    columns = ("scheme_id", "title", "step", "in_force_since", "out_of_turn")
    return SchemeRow(**{name: row[name] for name in columns}, places=SaidPlaces(lines=_names(row["lines"])))


def public_scheme(rows: Sequence[SchemeRow], names: PublicNames) -> PublicScheme | None:
    """The scheme; None where none is published."""
    if not rows:
        return None
    return PublicScheme(
        scheme_id=rows[0].scheme_id,
        title=cleaned(rows[0].title),
        steps=tuple(
            SchemeStep(
                step=row.step,
                lines=names.places(row.places).lines,
                in_force_since=row.in_force_since,
                out_of_turn=row.out_of_turn,
            )
            for row in sorted(rows, key=lambda one: one.step)
        ),
    )
