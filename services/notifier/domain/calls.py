"""Tell for which customers a person must call, beside the alarms: what should have been said, and no text said it. Pure.

It follows from the conversation as it is: once a later text is under way or has reached somebody, or there is nothing to say
any more, nobody need call. While the alarm nobody-reached stands, that is the one cause for their supply.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Customer,
    RequestedText,
    believe,
    is_better,
    notice_thread,
)
from services.tasks.domain.kinds import NO_CONTACT, TEXT_DOUBLED, TEXT_EXPIRED

CALLED_WITHIN: Final = timedelta(hours=24)
"""A day later a call about it helps nobody."""
NO_TEXT: Final = "no-contact-can-be-texted"
EXPIRED: Final = "text-expired"
DOUBLED: Final = "text-doubled"


class CustomerCause(NamedTuple):
    """Why a person is needed for this customer. `useful_until` None: a day from when it is first seen."""

    kind: str
    about: str
    """mRID of the outage."""
    reason: str
    ref: str | None = None
    """The text, where it is about one."""
    useful_until: datetime | None = None


Causes = Mapping[tuple[str, str], CustomerCause]
"""By kind and outage."""


def causes_of(state: Customer) -> Causes:
    """Why a person is needed for this customer now."""
    if state.profile is None:
        return {}
    return {(one.kind, one.about): one for one in (*_unsaid(state), *_doubled(state))}


def _doubled(state: Customer) -> Iterator[CustomerCause]:
    for text in state.texts.values():
        if text.other_sids and text.mrids:
            until = text.requested_at + CALLED_WITHIN
            yield CustomerCause(TEXT_DOUBLED, text.mrids[0], DOUBLED, text.message_id, until)


def _unsaid(state: Customer) -> Iterator[CustomerCause]:
    last = {text.meant.thread: text for text in state.texts.values()}
    unsayable = {said.partition(" ")[0] for said in state.unsayable}
    for thread in sorted(last.keys() | unsayable):
        text = last.get(thread)
        if text is not None and (text.pending or text.settled):
            continue
        is_late = text is not None and text.state == "expired"
        if not is_late and thread not in unsayable:
            continue
        about = _about(state, thread, text)
        if about is None:
            continue
        mrid, until = about
        if is_late and text is not None:
            until = until or text.expires_at + CALLED_WITHIN
            yield CustomerCause(TEXT_EXPIRED, mrid, EXPIRED, text.message_id, until)
        else:
            yield CustomerCause(NO_CONTACT, mrid, NO_TEXT, None, until)


def _about(state: Customer, thread: str, text: RequestedText | None) -> tuple[str, datetime | None] | None:
    """The outage of which there is still something to say in a thread, and until when, where that is known; None: nothing."""
    if thread == SUPPLY:
        if "nobody-reached" in state.alarms:
            return None
        if dark := state.dark():
            return dark[0].mrid, None
        told = sorted(believe(state).mrids) if is_better(state) else []
        return (told[0], None) if told else None
    mrid = thread.removeprefix(notice_thread(""))
    known = state.outages.get(mrid)
    if known is None:
        return None
    cancels = known.status == "withdrawn" and text is not None and text.meant.believes == "cancelled"
    if not (cancels or (known.touched and known.status == "noticed")):
        return None
    return mrid, known.planned_period.end if known.planned_period is not None else None
