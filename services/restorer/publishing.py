"""Publish a month's statement for an operator: judged by the month's stream, with the cases frozen in one transaction."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.contracts.base import Person, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.restorer.domain.months.bounds import Month
from services.restorer.domain.months.decider import CATEGORY, NOT_OVER, PUBLISHED_BEFORE, STILL_WAITS
from services.restorer.domain.months.events import STATEMENT_ASKED, StatementAsked

PUBLISH: Final = "fulfilment publish"
SOURCE: Final = "/outage/restorer/within"


class OneMonth(Wire, frozen=True, kw_only=True):
    """Which month's statement, and who approves it."""

    month: Month
    by: Person


async def publish(acting: ActionContext, detail: OneMonth) -> ActionAnswer:
    """The statement as the cases of the month stand now: the first, or a correction where they stand otherwise."""
    asked = acting.request
    data = StatementAsked(month=detail.month, by=detail.by, why=asked.why.strip())
    name, stream = f"{asked.request_id}/statement", f"{CATEGORY}/{detail.month}"
    outcome = await acting.submit(
        Message(SOURCE, name, STATEMENT_ASKED, acting.now, data, detail.month, 0, stream=stream)
    )
    if outcome is None:
        raise Refusal("taken-before", "it was asked before")
    if outcome.reason in (NOT_OVER, STILL_WAITS):
        what = "is not over" if outcome.reason == NOT_OVER else "is over, and late facts are waited for"
        raise Refusal(outcome.reason, f"{detail.month} {what}: it can be published from {outcome.detail} on")
    if outcome.outcome != "appended" and outcome.reason != PUBLISHED_BEFORE:
        raise Refusal(outcome.reason, outcome.detail or "it cannot be published")
    return ActionAnswer(outcome.reason, {"month": detail.month, "statementId": outcome.detail})


ACTIONS: Mapping[str, Action[Any]] = {PUBLISH: Action(OneMonth, publish)}
