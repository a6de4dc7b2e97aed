"""Conclude at which usage points a restoration is denied, by meters and by customers, and whether meters prove it. Pure.

A reading without power denies it where it is younger than dispatch's last word that power is back there, and no other outage
holds the point. Dispatch outranks it: a person's answer, or a restoration said again, ends it; so does a later reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas.contracts.restorations import MetersRead
from services.places import extents, normal
from services.places.extents import says_nothing
from services.places.names import normals
from services.plausibility import Figures
from services.restorer.domain.callers.still_off import CallersWord
from services.restorer.domain.course.beside import Beside, OtherOutage
from services.restorer.domain.evidence.readings import PointReading, PowerBack, points_of, still_dark
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is said of a restoration. `denied`: usage points as they are written, by their normal names."""

    denied: Mapping[str, str] = field(default_factory=dict)
    meters: MetersRead | None = None
    proven: bool = False
    readings: tuple[PointReading, ...] = ()
    """Those that deny it, oldest first."""
    words: tuple[CallersWord, ...] = ()
    """Customers' words that deny it, oldest first."""
    all_on: tuple[PointReading, ...] = ()
    """While power is off by dispatch's word: readings at all that is off, every one with power."""
    restored_at: datetime | None = None

    @property
    def is_denied(self) -> bool:
        """Whether anybody denies it."""
        return bool(self.readings or self.words)


NO_EVIDENCE = Evidence()
RESTORED = frozenset({"restored", "partiallyRestored"})
OFF = frozenset({"confirmed", "partiallyRestored"})


def evidence_of(
    state: SupplyState, course: Course, beside: Beside, figures: Figures, within: timedelta
) -> Evidence | None:
    """What is so now; None where nobody has looked at the meters, so that what was so before stands.

    `within`: what is read or said longer after power was back is another matter than this restoration.
    """
    if course.status not in RESTORED | OFF:
        return NO_EVIDENCE
    if beside.readings is None:
        return NO_EVIDENCE if course.status == "confirmed" and state.checked.points else None
    back = PowerBack(state, course, beside.network)
    held = _Held(beside)
    against: list[PointReading] = []
    proving = 0
    for one in beside.readings:
        since = back.since(one.form, one.element)
        if since is None:
            continue
        if one.proves:
            proving += one.at >= since
        elif not one.energised and since + figures.ahead < one.at <= since + within and not held.has(one):
            against.append(one)
    refuted = state.checked.refuted if state.checked.episode == course.now.number else frozenset[str]()
    readings = tuple(sorted((one for one in against if one.form not in refuted), key=lambda one: (one.at, one.form)))
    words = tuple(_denying(state, course, back, within, beside.others))
    denied = {one.form: one.written for one in readings}
    for word in words:
        for written in word.where.usage_points:
            if (form := normal(written)) and form not in refuted:
                denied.setdefault(form, written)
    points = points_of(course.extent, beside.network)
    total = max(points.count, proving + len(against))
    ended = course.now.ended
    last = ended or (course.now.steps[-1].at if course.now.steps else None)
    return Evidence(
        denied=denied,
        meters=MetersRead(points=total, on=proving, off=len(readings)) if proving or readings else None,
        proven=ended is not None and points.is_all and not readings and proving == points.count,
        readings=readings,
        words=words,
        all_on=_all_on(course, beside, back, figures) if course.status in OFF else (),
        restored_at=last.at if last is not None else None,
    )


def _denying(
    state: SupplyState, course: Course, back: PowerBack, within: timedelta, others: tuple[OtherOutage, ...]
) -> Iterator[CallersWord]:
    """Customers' words from after power was back where they are, and not answered yet."""
    if course.status not in RESTORED:
        return
    known = state.checked
    answered = known.heard_until if known.episode == course.now.number else None
    for word in state.still_off.words:
        since = back.since_where(word.where)
        if since is None or not since < word.at <= since + within or (answered is not None and word.at <= answered):
            continue
        if not any(one.holds(word.at) and not says_nothing(extents.common(one.off, word.where)) for one in others):
            yield word


def _all_on(course: Course, beside: Beside, back: PowerBack, figures: Figures) -> tuple[PointReading, ...]:
    """Readings of all that is off, where every one has power; none where one is missing, or nobody knows what is all."""
    began = course.now.began or course.began
    dark = tuple(still_dark(back, beside.readings or ()))
    points = points_of(course.remaining, beside.network)
    names, ids = back.remaining
    wanted = len(ids) if ids else len(names)
    if began is None or not points.is_all or not dark or len(dark) != wanted:
        return ()
    return dark if all(one.proves and one.at > began.at + figures.ahead for one in dark) else ()


class _Held:
    """Usage points that other outages held, by the network and by name."""

    def __init__(self, beside: Beside) -> None:
        self._held: list[tuple[OtherOutage, frozenset[str], frozenset[str]]] = []
        network = beside.network
        for other in beside.others:
            ids = frozenset[str]()
            if network is not None:
                ids = network.meaning(other.off).ends - network.lit(other.but)
            self._held.append((other, normals(other.off.usage_points), ids))

    def has(self, reading: PointReading) -> bool:
        """Whether one of them held the point when it was read."""
        return any(
            other.holds(reading.at)
            and (reading.form in names or (reading.element is not None and reading.element in ids))
            for other, names, ids in self._held
        )
