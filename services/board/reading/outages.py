"""Make what the public may read of an outage from what the restorer's view `board_outage` says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field, json

from services.board.domain.counts import CustomersOff, hides_network, public_count
from services.board.domain.public import (
    CrewState,
    OutageStatus,
    PublicClass,
    PublicOutage,
    PublicStep,
    SaidTime,
)
from services.board.reading.names import NOWHERE, OBLIGED, PublicNames, SaidPlaces
from services.places import cleaned

_STATUS: Final[Mapping[str, OutageStatus]] = {
    "predicted": "predicted",
    "confirmed": "confirmed",
    "partiallyRestored": "partly-restored",
    "restored": "restored",
    "closed": "restored",
    "withdrawn": "withdrawn",
    "merged": "joined",
}
_CREW: Final[Mapping[str | None, CrewState]] = {
    "assigned": "assigned",
    "enroute": "on-the-way",
    "arrived": "at-work",
    "fieldComplete": "done",
}
WITH_NOTICE: Final = OBLIGED | {"curtailment"}


class _Word(Struct, frozen=True, rename="camel"):
    at: datetime
    ert: datetime | None = None
    next_update_at: datetime | None = None


class _Step(Struct, frozen=True, rename="camel"):
    restored_at: datetime
    restored: SaidPlaces = NOWHERE
    remaining: SaidPlaces = NOWHERE


class _Outage(Struct, frozen=True, kw_only=True, rename="camel"):
    status: str
    outage_class: PublicClass | None = None
    extent: SaidPlaces = NOWHERE
    customers: int | None = None
    interruptions: tuple[CustomersOff, ...] | None = None
    began_at: datetime | None = None
    ert: datetime | None = None
    next_update_at: datetime | None = None
    said_times: tuple[_Word, ...] | None = None
    crew_status: str | None = None
    cause: str | None = None
    steps: tuple[_Step, ...] | None = None
    restored_at: datetime | None = None
    perhaps_restored_since: datetime | None = None
    merged_into: str | None = None
    plan_mrid: str | None = field(name="planMRID", default=None)


_decode = json.Decoder(_Outage).decode
_decode_points = json.Decoder(tuple[str, ...]).decode


class SeenOutage(Struct, frozen=True, kw_only=True):
    """One row of the view, decoded."""

    mrid: str
    position: int
    changed_at: datetime
    is_open: bool
    ended_at: datetime | None
    said: _Outage
    points: tuple[str, ...] = ()
    """Usage points of an open one: for the look-up by number, and for nothing that is shown."""

    def places(self) -> Iterator[SaidPlaces]:
        """All that it names."""
        yield self.said.extent
        for step in self.said.steps or ():
            yield from (step.restored, step.remaining)


def seen_outage(row: Any) -> SeenOutage:
    """A row as the database gives it."""
    return SeenOutage(
        mrid=row["mrid"],
        position=row["position"],
        changed_at=row["changed_at"],
        is_open=row["is_open"],
        ended_at=row["ended_at"],
        said=_decode(row["said"]),
        points=_decode_points(row["usage_points"]) if row["usage_points"] else (),
    )


def public_outage(row: SeenOutage, names: PublicNames, *, noticed: bool) -> PublicOutage:
    """What the public may read of it. `noticed`: there is a notice of this mRID."""
    said = row.said
    kind: PublicClass = said.outage_class or "fault"
    count = public_count(said.customers, said.interruptions or (), is_open=row.is_open)
    bare = hides_network(kind, count)
    status = _STATUS[said.status]
    return PublicOutage(
        mrid=row.mrid,
        outage_class=kind,
        status=status,
        places=names.places(said.extent, bare=bare),
        count=count,
        began_at=said.began_at,
        expected_at=said.ert if row.is_open else None,
        next_word_at=said.next_update_at if row.is_open else None,
        said_times=tuple(
            SaidTime(said_at=word.at, expected_at=word.ert, next_word_at=word.next_update_at)
            for word in said.said_times or ()
        ),
        crew=_CREW.get(said.crew_status, "none"),
        cause=cleaned(said.cause) or None if said.cause and status != "predicted" else None,
        steps=tuple(
            PublicStep(
                restored_at=step.restored_at,
                restored=names.places(step.restored, bare=bare),
                remaining=names.places(step.remaining, bare=bare),
            )
            for step in said.steps or ()
        ),
        restored_at=said.restored_at,
        perhaps_back_since=said.perhaps_restored_since if row.is_open else None,
        joined_into=said.merged_into if status == "joined" else None,
        notice_of=_notice_of(row, kind, noticed=noticed),
        changed_at=row.changed_at,
    )


def _notice_of(row: SeenOutage, kind: str, *, noticed: bool) -> str | None:
    if kind not in WITH_NOTICE:
        return None
    return row.said.plan_mrid or (row.mrid if noticed else None)
