"""What those who complain and call bring to the restorer beside outages: their streams, where facts go, their tables."""

from collections.abc import Mapping
from typing import Any

from schemas.contracts.dispatch import CallsAnswered, ComplaintFact
from services.kernel.model import Decider, Message, Stream, TimerFired
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.complaints.decider import CATEGORY as COMPLAINT
from services.restorer.domain.complaints.decider import Heard, ServiceComplaint
from services.restorer.domain.complaints.state import ComplaintState
from services.restorer.domain.hotline.decider import CATEGORY as HOTLINE
from services.restorer.domain.hotline.decider import HotlineDay, HotlineHours, stream_of
from services.restorer.tables.complaint_words import keep_outages, read_coming, renew_outages
from services.restorer.tables.hotline import keep_hours, renew_hours

OfCallers = ComplaintState | HotlineDay
"""States of these streams."""


def deciders_of_callers(policy: Policy, calendar: WorkingCalendar) -> Mapping[str, Decider[Any]]:
    """Who decides of them, by category."""
    return {COMPLAINT: ServiceComplaint(policy, calendar), HOTLINE: HotlineHours(policy.settings.facts)}


def stream_of_caller(message: Message) -> str | None:
    """The stream of a complaint or of calls that a message is for; None of what is about an outage."""
    match message.data:
        case ComplaintFact(complaint_id=name):
            return f"{COMPLAINT}/{name}"
        case CallsAnswered() as calls:
            return stream_of(calls)
        case _:
            return None


async def facts_of_callers(connection: Any, state: OfCallers, message: Message) -> list[Heard] | None:
    """For a deadline of a complaint what is on its way to it; else nothing."""
    if isinstance(state, ComplaintState) and isinstance(message.data, TimerFired):
        return await read_coming(connection, state)
    return None


async def keep_callers(connection: Any, stream: Stream, before: Any) -> None:
    """Bring the tables in line with a stream of theirs; of others nothing."""
    if isinstance(stream.state, ComplaintState):
        await keep_outages(connection, before, stream.state)
    elif isinstance(stream.state, HotlineDay):
        await keep_hours(connection, before, stream.state)


async def renew_callers(connection: Any) -> int:
    """Put the tables anew, by the views; of how many complaints and hours."""
    return await renew_outages(connection) + await renew_hours(connection)
