"""Stop and resume lanes as operators ask: the brake's rows change with the answer in the log, or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from schemas.contracts.base import Wire
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.kernel.queries import queries
from services.notifier.sending.reconciling.requests import see_reconciled

SQL = queries(Path(__file__).parents[2] / "sql" / "braking.sql")
STOP: Final = "sending stop"
RESUME: Final = "sending resume"
STOPPED_BEFORE: Final = "was-stopped-already"
NOTHING_STOPPED: Final = "nothing-was-stopped"


class Lanes(Wire, frozen=True, kw_only=True):
    """Which lanes."""

    lanes: Annotated[tuple[Literal["critical", "key", "notice", "bulk"], ...], Meta(min_length=1, max_length=4)]


async def stop(acting: ActionContext, detail: Lanes) -> ActionAnswer:
    """Stop lanes. From the commit on no claim can begin that does not see it."""
    asked = acting.request
    if not asked.why.strip():
        raise Refusal("no-reason-given", "say why sending is stopped")
    rows = await acting.connection.fetch(SQL["stop"], list(detail.lanes), acting.now, asked.who, asked.why)
    stopped = [lane for lane in detail.lanes if lane in {row["lane"] for row in rows}]
    return ActionAnswer("sending-stopped" if stopped else STOPPED_BEFORE, {"stopped": stopped})


async def resume(acting: ActionContext, detail: Lanes) -> ActionAnswer:
    """Let lanes send again; the answer keeps since when and by whom each stood, and what waited and was lost meanwhile."""
    connection = acting.connection
    await see_reconciled(acting)
    held = {row["lane"]: row for row in await connection.fetch(SQL["held"], list(detail.lanes))}
    texts = {row["lane"]: row for row in await connection.fetch(SQL["waited"], sorted(held), acting.now)}
    await connection.execute(SQL["resume"], sorted(held))
    lanes = [
        {
            "lane": lane,
            "stoppedAt": held[lane]["stopped_at"].isoformat(),
            "stoppedBy": held[lane]["who"],
            "stoppedFor": held[lane]["reason"],
            "waiting": texts[lane]["waiting"],
            "expired": texts[lane]["expired"],
        }
        for lane in detail.lanes
        if lane in held
    ]
    return ActionAnswer("sending-resumed" if lanes else NOTHING_STOPPED, {"resumed": lanes})


ACTIONS: Mapping[str, Action[Any]] = {STOP: Action(Lanes, stop), RESUME: Action(Lanes, resume)}
