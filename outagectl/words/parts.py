"""Parts of sentences that many events share: places, reasons, the expected time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from operations.times import Times, count
from schemas.contracts.base import Extent


def extent(value: Extent | None) -> str:
    """Lines, areas, transformers, points and customers in a few words."""
    if value is None:
        return "extent not said"
    named = [*value.lines, *value.areas, *value.transformers, *_points(value)]
    if value.customers_affected is not None:
        named.append(f"{value.customers_affected} customers")
    return ", ".join(named) or "extent not said"


def places(value: Extent | None) -> str:
    """Lines, areas and transformers, by name."""
    return ", ".join((*value.lines, *value.areas, *value.transformers) if value else ()) or "places not said"


def where(value: Extent | None) -> str:
    """Lines, areas, transformers and points, as said to somebody on the telephone."""
    if value is None:
        return "not said"
    named = (*value.lines, *value.areas, *value.transformers, *_points(value))
    drawn = ("part of it: it has a shape",) if value.shape and value.areas else ("a shape",) if value.shape else ()
    return ", ".join((*named, *drawn)) or "not said"


def _points(value: Extent) -> Iterable[str]:
    return [count(len(value.usage_points), "usage point")] if value.usage_points else []


def because(value: object) -> str:
    """` (why)`, or nothing."""
    return f" ({value})" if value else ""


def expected(ert: datetime | None, next_update_at: datetime | None, t: Times, *, otherwise: str) -> str:
    """When power is expected back, or when that is said next."""
    if ert:
        return f"Expected back {t.text(ert)}"
    if next_update_at:
        return f"Expected time not known, next word by {t.text(next_update_at)}"
    return otherwise
