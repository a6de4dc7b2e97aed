"""Keep the tables of booked work with the log, and read them under one lock before a plan is judged.

The lock makes plans that touch yearly limits wait for each other over all workers: two that are judged at the same
moment cannot both take the last place. It is taken after the streams' locks and before the tables', everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import CurtailmentOrdered, OutageStarted, OutageWithdrawn, PlanBody
from schemas.contracts.notices import Notice, NoticeClosed, NoticeWithdrawn
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.kernel.adapters.locks import advisory_key, lock_until_commit
from services.kernel.model import Event, Stream
from services.kernel.queries import queries
from services.network import asking
from services.network.copy import renew_names
from services.places import FORM, normal
from services.planner.domain.events import WorkUnbegun
from services.planner.domain.state import PlanState
from services.planner.domain.verdict.other_work import (
    NOTHING,
    CountedOutage,
    CurtailmentStep,
    NearbyWork,
    OtherWork,
    places,
    points_cut,
    with_voltage,
    written,
)
from services.planner.domain.verdict.yearly_budget import YEARS_AHEAD, limits
from services.planner.tables.plan_places import by_model, named_as, used_by_model
from services.policy import Policy

SQL = queries(Path(__file__).parents[1] / "sql" / "booking.sql")
RENEWING = queries(Path(__file__).parents[1] / "sql" / "renewing.sql")
FORM_LOCK = advisory_key("planner", "place-form")
BUDGET_LOCK = advisory_key("planner", "yearly-budget")
YEAR = timedelta(days=366)
POINT = "usagePoint:"
TRIES = 5
"""While a network comes in it changes all the time; then its last state must do."""
WORKED = frozenset({"planned", "temporary"})


async def read(
    connection: Any, plan: PlanBody, policy: Policy, now: datetime, noticed: Extent | None = None
) -> OtherWork:
    """What `plan` must be judged beside. Takes the budget lock where a yearly limit binds the plan.

    `noticed`: what its notice in force is about. Several questions are put to the network model: where it changed between them
    they are put again, for half of each of two networks is none.
    """
    for _ in range(TRIES):
        before = await asking.version(connection)
        found = await _read(connection, plan, policy, now, noticed)
        if await asking.version(connection) == before:
            break
    return found


async def _read(connection: Any, plan: PlanBody, policy: Policy, now: datetime, noticed: Extent | None) -> OtherWork:
    network = await by_model(connection, plan, noticed)
    plan = with_voltage(plan, network)
    cut = points_cut(plan, network)
    start, end = plan.planned_period.start, plan.planned_period.end
    shown = written(plan.extent)
    # As a version before stored them: a row that it wrote meanwhile counts as well.
    shown |= {as_written: as_written for as_written in shown.values() if as_written not in shown}
    where = list(shown)
    used: list[CountedOutage] = []
    if limits(plan, policy, network):
        await lock_until_commit(connection, BUDGET_LOCK)
        points = [place for place in where if place.startswith(POINT)]
        years = min(start, now) - YEAR, max(start, now) + (YEARS_AHEAD + 1) * YEAR
        rows = await connection.fetch(SQL["used"], points, plan.mrid, *years)
        used = [CountedOutage(shown[row["place"]].removeprefix(POINT), row["work"], row["starts_at"]) for row in rows]
        if network is not None:
            used += await used_by_model(connection, network.points, plan.mrid, *years)
    if not where:
        return OtherWork(used=named_as(cut, used), network=network)
    near = policy.settings.overlap_near
    rows = await connection.fetch(SQL["near"], where, plan.mrid, start - near, end + near)
    return OtherWork(
        used=named_as(cut, used),
        works=tuple(
            NearbyWork(
                row["mrid"],
                row["outage_class"],
                row["standing"],
                Period(start=row["starts_at"], end=row["ends_at"]),
                tuple(dict.fromkeys(shown[place] for place in row["shared"])),
            )
            for row in rows
        ),
        network=network,
    )


async def read_steps(connection: Any, order: CurtailmentOrdered) -> OtherWork:
    """The steps of the order's scheme that are in force."""
    if order.scheme_id is None:
        return NOTHING
    rows = await connection.fetch(SQL["steps"], order.scheme_id, order.mrid)
    return OtherWork(steps=tuple(CurtailmentStep(row["mrid"], row["scheme_id"], row["step"]) for row in rows))


class WorkRows:
    """Keeps the tables equal to what the log says, inside the transaction that appends."""

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold `events` into the tables."""
        for event in events:
            await self._one(connection, event.data)

    async def _one(self, connection: Any, data: Any) -> None:
        match data:
            case PlanBody(mrid=mrid, outage_class=kind, planned_period=period, extent=extent):
                if await connection.fetchval(SQL["asked"], mrid, kind, period.start, period.end):
                    await _put(connection, mrid, extent)
            case Notice(mrid=mrid, outage_class=kind, planned_period=period, extent=extent) if kind in WORKED:
                await connection.execute(SQL["noticed"], mrid, kind, period.start, period.end, kind == "planned")
                await _put(connection, mrid, extent)
            case OutageWithdrawn(mrid=mrid, withdrawn_at=at, confirms=confirms):
                await connection.execute(SQL["never_was"], mrid, at, confirms is not None)
            case NoticeWithdrawn(mrid=mrid):
                await connection.execute(SQL["withdrawn"], mrid)
                await connection.execute(SQL["step_over"], mrid)
            case NoticeClosed(mrid=mrid, outcome=outcome):
                if outcome == "not-carried-out":
                    await connection.execute(SQL["withdrawn"], mrid)
                await connection.execute(SQL["step_over"], mrid)
            case OutageStarted(mrid=mrid, outage_class=kind, started_at=at, extent=extent) if kind in WORKED:
                end = max(at, data.ert or at)
                await connection.execute(SQL["started"], mrid, kind, at, end, kind == "planned")
                # What is cut beyond the notice counts as well.
                await connection.execute(SQL["put_places"], mrid, list(places(extent)))
            case OutageClassified(mrid=mrid, outage_class=kind, started_at=at) if kind in WORKED:
                end = max(at, data.restored_at or at)
                await connection.execute(SQL["started"], mrid, kind, at, end, kind == "planned")
                await connection.execute(SQL["put_places"], mrid, list(places(data.extent)))
                plan = data.plan_mrid if data.plan_mrid != mrid else None
                await connection.execute(SQL["counts_with"], mrid, plan)
            case WorkUnbegun(mrid=mrid, outage_class=kind, noticed=period, extent=extent):
                noticed = (period.start, period.end) if period is not None else (None, None)
                await connection.execute(SQL["unbegun"], mrid, *noticed, kind == "planned")
                await _put(connection, mrid, extent)
            case CurtailmentOrdered(mrid=mrid, scheme_id=str() as scheme, scheme_step=int() as step, ordered_at=at):
                await connection.execute(SQL["step_ordered"], mrid, scheme, step, at)
            case RestorationConfirmed(mrid=mrid, restored_at=at):
                await connection.execute(SQL["step_over"], mrid)
                await connection.execute(SQL["over"], mrid, at)
            case _:
                pass


async def keep(connection: Any, stream: Stream, before: PlanState) -> None:
    """Work counts from when it began, as dispatch has corrected that before its start was heard of or since."""
    state: PlanState = stream.state
    if state.started_at is not None and state.started_at != before.started_at:
        await connection.execute(SQL["began_at"], state.mrid, state.started_at)


async def _put(connection: Any, mrid: str, extent: Extent) -> None:
    where = places(extent)
    if where:
        # A word that names no place says nothing about where: what was booked stays booked.
        await connection.execute(SQL["clear_places"], mrid)
        await connection.execute(SQL["put_places"], mrid, list(where))


async def renew(connection: Any) -> int:
    """Bring stored places, and the network's names, to the present normal form; how many places were in another. Once a form.

    Raises:
        asyncpg.PostgresError: the tables cannot be reached; nothing was changed.

    """
    async with connection.transaction():
        await lock_until_commit(connection, FORM_LOCK)
        if await connection.fetchval(RENEWING["form"]) == FORM:
            return 0
        moved: dict[str, str] = {}
        for row in await connection.fetch(RENEWING["places"]):
            kind, _, name = row["place"].partition(":")
            now = f"{kind}:{place}" if (place := normal(name)) else ""
            if now != row["place"]:
                moved[row["place"]] = now
        await connection.execute(RENEWING["renew_places"], list(moved), list(moved.values()))
        await renew_names(connection)
        await connection.execute(RENEWING["set_form"], FORM)
    return len(moved)
