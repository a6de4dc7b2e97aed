"""Read the notice of another outage's plan as it stood when work began which dispatch says was that plan's."""

from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.contracts.all_types import STRUCTS
from schemas.contracts.notices import TYPES
from schemas.contracts.restorations import OutageClassified
from schemas.upcast import upcast
from services.kernel.model import Event
from services.planner.domain.events import NoticeReferred, OtherNotice
from services.planner.domain.evolve import evolve
from services.planner.domain.state import PlanState
from services.planner.tables.booked_work import SQL

WORDS: Final = [name for name in TYPES if name.startswith("notice.") and "breached" not in name]


async def notice_of_plan(connection: Any, word: OutageClassified) -> NoticeReferred | None:
    """What the public could read then of the plan that `word` names; None where it names none, or its own outage.

    A notice is published by this very service: what is not in the log now could not be read when the work began.
    """
    plan = word.plan_mrid
    if plan is None or plan == word.mrid or word.outage_class == "fault":
        return None
    state, stream = PlanState(plan), f"outage/{plan}"
    async for row in connection.cursor(SQL["notices_of"], stream, WORDS):
        type_name, data = upcast(row["type"], msgspec.json.decode(row["data"]))
        told = msgspec.convert(data, STRUCTS[type_name])
        state = evolve(state, Event(stream, 0, UUID(int=0), type_name, told, row["decided_at"], "", ""))
    then = state.own_in_force(word.started_at)
    if then is None:
        return NoticeReferred(mrid=word.mrid, plan_mrid=plan)
    until = next((one.until for one in state.past if one.notice == then), None)
    return NoticeReferred(
        mrid=word.mrid,
        plan_mrid=plan,
        notice=OtherNotice(
            notice_id=then.notice_id,
            version=then.version,
            outage_class=then.told.outage_class,
            planned_period=then.told.period,
            extent=then.told.extent,
            reason=then.told.reason,
            safety_cut=then.told.safety_cut,
            published_at=then.published_at,
            until=until,
        ),
    )
