"""Let operators say why promises were broken: many at once, for in a storm one reason holds for all."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from schemas.contracts.base import Name, Person, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.promises.explaining import NOT_BROKEN, NOT_KNOWN, SAID_BEFORE, WHY_GIVEN, WhyGiven
from services.tasks.promise_alarms import SQL

WHY: Final = "promises why"
MOST_AT_ONCE: Final = 100
REMEDIES: Final[Mapping[str, str]] = {
    NOT_BROKEN: "why is asked of what was broken",
    "not-for-customers": "this was promised to one customer; why is asked of promises that concern all",
}


class BrokenPromises(Wire, frozen=True, kw_only=True):
    """Which promises, and who says why they were broken; left out: whoever asks."""

    promise_ids: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=MOST_AT_ONCE)]
    by: Person | None = None


async def explain(acting: ActionContext, detail: BrokenPromises) -> ActionAnswer:
    """The reason that is given stands beside each verdict from now on, in the log of what made the promise."""
    asked = acting.request
    if not asked.why.strip():
        raise Refusal("no-reason-given", "say why it was broken, in a sentence that can be published")
    rows = await acting.connection.fetch(SQL["made_in"], list(detail.promise_ids))
    streams = {row["promise_id"]: row["stream_id"] for row in rows}
    if unknown := [name for name in detail.promise_ids if name not in streams]:
        raise Refusal(NOT_KNOWN, f"no such promise: {', '.join(unknown)}; outagectl promises --broken lists them")
    by, recorded = (detail.by or asked.who).strip() or asked.who, 0
    source = f"/outage/{acting.transaction.service.name}/within"
    for name in dict.fromkeys(detail.promise_ids):
        stream = streams[name]
        said = WhyGiven(promise_id=name, why=asked.why.strip(), by=by)
        key = stream.partition("/")[2]
        outcome = await acting.submit(
            Message(source, f"{asked.request_id}/why/{name}", WHY_GIVEN, acting.now, said, key, 0, stream=stream)
        )
        if outcome is not None and outcome.outcome == "appended":
            recorded += 1
        elif outcome is None or outcome.reason != SAID_BEFORE:
            reason = outcome.reason if outcome is not None else "taken-before"
            detail_of = outcome.detail if outcome is not None else ""
            remedy = REMEDIES.get(reason, "outagectl promises --broken lists them")
            raise Refusal(reason, "; ".join(filter(None, (detail_of, remedy))))
    return ActionAnswer("why-recorded" if recorded else SAID_BEFORE, {"recorded": recorded, "by": by})


WHY_ACTIONS: Final[Mapping[str, Action[Any]]] = {WHY: Action(BrokenPromises, explain)}
