"""Publish a month's statement for an operator: its cases counted and written down beforehand, judged by the month's stream."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from schemas.contracts.base import Person, Wire
from schemas.contracts.restorations import FulfilmentPublished
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, NotYet, Preparation, Refusal
from services.restorer.domain.months.bounds import Month
from services.restorer.domain.months.decider import CASES_MOVED, CATEGORY, NOT_OVER, PUBLISHED_BEFORE, STILL_WAITS
from services.restorer.domain.months.events import STATEMENT_ASKED, StatementAsked
from services.restorer.tables.months.drafts import draft
from services.restorer.tables.months.lost import lost_statements

PUBLISH: Final = "fulfilment publish"
SOURCE: Final = "/outage/restorer/within"


class OneMonth(Wire, frozen=True, kw_only=True):
    """Which month's statement, and who approves it."""

    month: Month
    by: Person


async def publish(acting: ActionContext, detail: OneMonth) -> ActionAnswer:
    """The statement as the cases of the month stand now: the first, or a correction where they stand otherwise."""
    asked = acting.request
    known: Beforehand = acting.prepared or Beforehand()
    data = StatementAsked(month=detail.month, by=detail.by, why=asked.why.strip(), draft=known.draft, lost=known.lost)
    name, stream = f"{asked.request_id}/statement", f"{CATEGORY}/{detail.month}"
    outcome = await acting.submit(
        Message(SOURCE, name, STATEMENT_ASKED, acting.now, data, detail.month, 0, stream=stream)
    )
    if outcome is None:
        raise Refusal("taken-before", "it was asked before")
    if outcome.reason == CASES_MOVED:
        raise NotYet(f"cases of {detail.month} moved while they were counted: they are counted again")
    if outcome.reason in (NOT_OVER, STILL_WAITS):
        what = "is not over" if outcome.reason == NOT_OVER else "is over, and late facts are waited for"
        raise Refusal(outcome.reason, f"{detail.month} {what}: it can be published from {outcome.detail} on")
    if outcome.outcome != "appended" and outcome.reason != PUBLISHED_BEFORE:
        raise Refusal(outcome.reason, outcome.detail or "it cannot be published")
    return ActionAnswer(outcome.reason, {"month": detail.month, "statementId": outcome.detail})


class Beforehand(NamedTuple):
    """What is known before the month is asked: the count of its cases, and statements of it that the log lacks."""

    draft: str | None = None
    lost: tuple[FulfilmentPublished, ...] = ()


async def look_beforehand(preparing: Preparation, detail: OneMonth) -> Beforehand:
    """See Action.prepare: the cases of the month, counted and written down; nothing of one that is not over."""
    connection, now = preparing.connection, preparing.now
    lost = await lost_statements(connection, preparing.broker, detail.month, now)
    counted = await draft(connection, detail.month, now)
    return Beforehand() if counted is None else Beforehand(counted, lost)


ACTIONS: Mapping[str, Action[Any]] = {PUBLISH: Action(OneMonth, publish, look_beforehand)}
