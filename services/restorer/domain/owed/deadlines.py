"""When somebody must look at an open promise, and what is said then. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from services.promises import STRICTER_NEAR, PromiseEvent, PromiseRecord, settle, timers_of, warn
from services.restorer.domain.state import SupplyState


def at_risk(state: SupplyState, record: PromiseRecord, now: datetime) -> Iterator[PromiseEvent]:
    """The word that a deadline is near. Where parallel rules run, the strictest one speaks for all of them."""
    stricter = any(
        other.due_at < record.due_at
        and (other.measured_from, other.at_risk_at) == (record.measured_from, record.at_risk_at)
        and other.standing == "open"
        for other in state.promises.values()
    )
    return warn(record, STRICTER_NEAR if stricter else "deadline-near", now)


def lapsed(record: PromiseRecord, *, unproven: bool) -> Iterator[PromiseEvent]:
    """The deadline passed and no fact says the thing was done."""
    return settle(record, "broken", at=record.due_at, reason="deadline-passed", unproven=unproven)


def timers(state: SupplyState) -> dict[str, datetime]:
    """Every open promise has its deadline, and its next warning until all were given; closed ones have none."""
    return timers_of(state.promises.values())


def timer_of(state: SupplyState, name: str) -> tuple[PromiseRecord, str] | None:
    """The open promise that a timer is about, with `due` or `at-risk`; None when it is settled already."""
    promise_id, _, what = name.removeprefix("promise/").rpartition("/")
    record = state.promises.get(promise_id)
    return (record, what) if record is not None and record.standing == "open" else None
