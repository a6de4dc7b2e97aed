"""Let operators take a task and say that it is done, with what became of it in the log."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.contracts.base import Name, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.tasks.domain.decider import CATEGORY, YOURS
from services.tasks.domain.words import TASK_ASKED, TakeOrDone, TaskAsked

TAKE: Final = "task take"
DONE: Final = "task done"


class OneTask(Wire, frozen=True, kw_only=True):
    """Which task, about which concern."""

    concern: Name
    task_id: Name


async def take(acting: ActionContext, detail: OneTask) -> ActionAnswer:
    """Whoever asks has it from now on, unless somebody else does."""
    return await _ask(acting, detail, "take")


async def done(acting: ActionContext, detail: OneTask) -> ActionAnswer:
    """It is done; the reason that is given says what was done."""
    if not acting.request.why.strip():
        raise Refusal("no-note-given", "say what was done, and what came of it")
    return await _ask(acting, detail, "done")


async def _ask(acting: ActionContext, detail: OneTask, what: TakeOrDone) -> ActionAnswer:
    asked = acting.request
    data = TaskAsked(
        concern=detail.concern, task_id=detail.task_id, what=what, by=asked.who, note=asked.why.strip() or ""
    )
    source = f"/outage/{acting.transaction.service.name}/within"
    stream = f"{CATEGORY}/{detail.concern}"
    outcome = await acting.submit(
        Message(source, f"{asked.request_id}/task", TASK_ASKED, acting.now, data, detail.concern, 0, stream=stream)
    )
    if outcome is None or (outcome.outcome != "appended" and outcome.reason != YOURS):
        reason, why = (outcome.reason, outcome.detail) if outcome is not None else ("taken-before", "")
        raise Refusal(reason, why or "it was asked before")
    return ActionAnswer(outcome.reason, {"taskId": detail.task_id, "concern": detail.concern})


TASK_ACTIONS: Mapping[str, Action[Any]] = {TAKE: Action(OneTask, take), DONE: Action(OneTask, done)}
