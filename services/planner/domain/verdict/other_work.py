"""What the planner reads about other work before it judges a plan: plain values, read under one lock (tables/booked_work.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from msgspec.structs import replace

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.network import ModelRef
from services.places import forms, normal, normals
from services.planner.domain.events import NoticeReferred
from services.planner.domain.traits import usage_points

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
class PlacesByModel:
    """What the network model says of a plan's places."""

    editions: tuple[ModelRef, ...]
    """The editions that say so."""
    points: tuple[str, ...] = ()
    """Usage points that would have no power."""
    noticed: tuple[str, ...] = ()
    """Those that have none by the notice in force."""
    nominal_voltage: float | None = None
    """Kilovolts of the lines that are named, the highest; None where it does not say."""
    voltages: Mapping[str, float] = field(default_factory=dict)
    """Kilovolts at which usage points that are cut take power, by normal name; of others it does not say so."""
    unknown_lines: tuple[str, ...] = ()
    """Lines that it does not have, as the plan writes them."""
    elsewhere: tuple[tuple[str, str], ...] = ()
    """Areas and transformers that lie on none of the plan's lines: area or transformer, and the name as the plan writes it."""


@dataclass(frozen=True, slots=True)
class OtherWork:
    """All of it, and what the network model says. Nothing is known where nothing was asked."""

    used: tuple[CountedOutage, ...] = ()
    works: tuple[NearbyWork, ...] = ()
    steps: tuple[CurtailmentStep, ...] = ()
    network: PlacesByModel | None = None
    """None where no model is here."""
    referred: NoticeReferred | None = None
    """Of work that dispatch says was another outage's plan: the notice of that."""


NOTHING = OtherWork()


def points_cut(plan: PlanBody, network: PlacesByModel | None) -> tuple[str, ...]:
    """The usage points that a plan cuts: those it names, as it writes them, and those that the model says."""
    named = usage_points(plan)
    if network is None:
        return named
    already = normals(named)
    return (*named, *(point for point in network.points if normal(point) not in already))


def with_voltage(plan: PlanBody, network: PlacesByModel | None) -> PlanBody:
    """The plan with the model's voltage where it gives none."""
    if network is None or network.nominal_voltage is None or plan.extent.nominal_voltage is not None:
        return plan
    return replace(plan, extent=replace(plan.extent, nominal_voltage=network.nominal_voltage))


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
