"""What the planner reads about other work before it judges a plan: plain values, read under one lock (tables/booked_work.py)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.contracts.base import Extent, Period
from services.places import forms

Standing = Literal["noticed", "started", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class CountedOutage:
    """One planned outage that counts against the yearly limit of one usage point."""

    usage_point: str
    mrid: str
    start: datetime


@dataclass(frozen=True, slots=True)
class NearbyWork:
    """Other planned or temporary work at a place of this plan and about its time."""

    mrid: str
    outage_class: str
    standing: Standing
    period: Period
    shared: tuple[str, ...]
    """Places in both, as this plan writes them: line:…, transformer:…, usagePoint:…."""


@dataclass(frozen=True, slots=True)
class CurtailmentStep:
    """One step of a curtailment scheme that is in force now."""

    mrid: str
    scheme_id: str
    step: int


@dataclass(frozen=True, slots=True)
class OtherWork:
    """All of it. Nothing is known where nothing was asked."""

    used: tuple[CountedOutage, ...] = ()
    works: tuple[NearbyWork, ...] = ()
    steps: tuple[CurtailmentStep, ...] = ()


NOTHING = OtherWork()


def places(extent: Extent) -> tuple[str, ...]:
    """Where two works can meet, in normal form: line:…, transformer:…, usagePoint:…. Areas are words, and too wide."""
    return tuple(written(extent))


def written(extent: Extent) -> dict[str, str]:
    """The same, each with the way in which `extent` wrote it first, without blanks around it."""
    named = (
        ("line", extent.lines),
        ("transformer", extent.transformers),
        ("usagePoint", extent.usage_points),
    )
    found: dict[str, str] = {}
    for kind, names in named:
        for name, place in zip(names, forms(names), strict=True):
            if place:
                found.setdefault(f"{kind}:{place}", f"{kind}:{name.strip()}")
    return found
