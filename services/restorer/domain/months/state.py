"""The state of one month: its times, how its rules stand, its promise to be published, and the statement that stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts.promises import Promise
from schemas.contracts.restorations import FulfilmentPublished
from services.promises import PromiseRecord, remember, shown
from services.restorer.domain.months.events import AggregateJudged, MonthJudged, MonthOpened, StatementTakenUp


@dataclass(frozen=True, slots=True)
class MonthState:
    """One month as its log tells it."""

    month: str
    opened: MonthOpened | None = None
    counted: MonthJudged | None = None
    """What was counted last; None before its time."""
    judged: Mapping[str, AggregateJudged] = field(default_factory=dict)
    """By rule: the last word on it."""
    promises: Mapping[str, PromiseRecord] = field(default_factory=dict)
    published: FulfilmentPublished | None = None
    """The statement that stands."""

    def is_due(self, at: datetime) -> bool:
        """Whether it is judged by then."""
        return self.opened is not None and at >= self.opened.judged_from


def evolve(state: MonthState, data: Any) -> MonthState:
    """The state after one more event."""
    match data:
        case MonthOpened():
            return replace(state, opened=data)
        case MonthJudged():
            return replace(state, counted=data)
        case AggregateJudged():
            return replace(state, judged={**state.judged, data.rule.rule_id: data})
        case FulfilmentPublished():
            return replace(state, published=data)
        case StatementTakenUp():
            return replace(state, published=data.statement)
        case Promise():
            return replace(state, promises=remember(state.promises, data))
        case _:
            return state


def view_of(state: MonthState) -> dict[str, Any]:
    """A month as people and audits see it."""
    told: dict[str, Any] = {
        "month": state.month,
        "opened": state.opened,
        "counted": state.counted,
        "rules": [state.judged[name] for name in sorted(state.judged)],
        "promises": [shown(record) for record in state.promises.values()],
        "statement": state.published,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told, order="deterministic"))
    return plain
