"""Tell for which customers a person must call, beside the alarms: what should have been said, and no text said it. Pure.

It follows from the conversation as it is: once a later text has reached somebody, or there is nothing to say any more, nobody
need call. While the alarm nobody-reached stands, that is the one cause for their supply.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from services.notifier.domain.customer.lanes import SOON
from services.notifier.domain.customer.owing.state import (
    ACCOUNT_MANAGER,
    ANSWERS,
    FIRST_WORD,
    NEXT_WORD,
    OPERATORS,
    RESTORED_WORD,
)
from services.notifier.domain.customer.reconcile import why_nobody
from services.notifier.domain.customer.texts.work_texts import REMINDER
from services.notifier.domain.handset.caps import HELD
from services.notifier.domain.replies.calling import calls_back
from services.tasks.domain.kinds import (
    CALL_BACK,
    HANDSET_FULL,
    MANAGER_CALLS,
    MANAGER_INFORMED,
    MANAGER_WARNED,
    NO_CONTACT,
    TAKES_NO_TEXTS,
    TEXT_DOUBLED,
    TEXT_EXPIRED,
    UNCONFIRMED,
    WORD_LATE,
)

CALLED_WITHIN: Final = timedelta(hours=24)
"""A day later a call about it helps nobody."""
CALLED_IN_TIME: Final = frozenset({"special", "first"})
"""Of these, and of life support, a person calls where a promised word is late; the others' texts are on their way."""
NO_TEXT: Final = "no-contact-can-be-texted"
EXPIRED: Final = "text-expired"
DOUBLED: Final = "text-doubled"
STOPPED: Final = "answered-stop"
NOT_ASKED: Final = "nobody-has-asked-whether-it-is-back"
CALLED_BACK_WITHIN: Final = timedelta(hours=72)
"""Three days later nobody remembers."""


class CustomerCause(NamedTuple):
    """Why a person is needed for this customer. `useful_until` None: a day from when it is first seen."""

    kind: str
    about: str
    """mRID of the outage."""
    reason: str
    ref: str | None = None
    """The text, where it is about one."""
    useful_until: datetime | None = None
    begins_at: datetime | None = None
    """Of announced work: when it begins, or would have begun."""

    def waits(self, now: datetime) -> bool:
        """Whether it is about work so far ahead that whoever sits in the dark comes first, whatever their rank."""
        return self.begins_at is not None and self.begins_at > now + SOON


Causes = Mapping[tuple[str, str], CustomerCause]
"""By kind and outage."""


def causes_of(state: Customer) -> Causes:
    """Why a person is needed for this customer now."""
    if state.profile is None:
        return {}
    unsaid = [*_unsaid(state), *_without_room(state)]
    # Of one outage one call: what was dropped, or cannot be texted at all, is late as well.
    called = {one.about for one in unsaid}
    late = (one for one in _late(state) if one.about not in called)
    found = (*unsaid, *late, *_doubled(state), *_unanswered(state), *_of_managers(state), *_to_call_back(state))
    return {(one.kind, one.about): one for one in found}


def _to_call_back(state: Customer) -> Iterator[CustomerCause]:
    for text in calls_back(state):
        yield CustomerCause(CALL_BACK, text.mrids[0], NOT_ASKED, text.message_id, text.said_at + CALLED_BACK_WITHIN)


def _doubled(state: Customer) -> Iterator[CustomerCause]:
    for text in state.texts.values():
        if text.other_sids and text.mrids:
            until = text.requested_at + CALLED_WITHIN
            yield CustomerCause(TEXT_DOUBLED, text.mrids[0], DOUBLED, text.message_id, until)


def _without_room(state: Customer) -> Iterator[CustomerCause]:
    """What their telephone has no room for in this hour: somebody says it to them meanwhile."""
    for thread, hush in state.hushed.items():
        about = _about(state, thread, None) if hush.why in HELD else None
        if about is not None:
            yield CustomerCause(HANDSET_FULL, about[0], hush.why, None, hush.until, _begins(state, thread))


def _unsaid(state: Customer) -> Iterator[CustomerCause]:
    threads: dict[str, list[RequestedText]] = {}
    for text in state.texts.values():
        threads.setdefault(text.meant.thread, []).append(text)
    unsayable = {said.partition(" ")[0] for said in state.unsayable}
    for thread in sorted(threads.keys() | unsayable):
        texts = threads.get(thread, [])
        last, dropped = texts[-1] if texts else None, _dropped(texts)
        if (
            last is not None
            and last.settled
            and not (thread in unsayable and _goes_by_what_is_over(state, thread, last))
        ):
            continue
        if dropped is None and ((last is not None and last.pending) or thread not in unsayable):
            continue
        about = _about(state, thread, last)
        if about is None:
            continue
        mrid, until = about
        if dropped is not None:
            until = until or dropped.expires_at + CALLED_WITHIN
            yield CustomerCause(TEXT_EXPIRED, mrid, EXPIRED, dropped.message_id, until, _begins(state, thread))
        else:
            stopped = state.profile is not None and why_nobody(state, state.profile) == TAKES_NO_TEXTS
            kind, reason = (TAKES_NO_TEXTS, STOPPED) if stopped else (NO_CONTACT, NO_TEXT)
            yield CustomerCause(kind, mrid, reason, None, until, _begins(state, thread))


def _begins(state: Customer, thread: str) -> datetime | None:
    """When the work begins of which a thread speaks; None where it speaks of power."""
    known = state.outages.get(thread.removeprefix(notice_thread(""))) if thread != SUPPLY else None
    return known.planned_period.start if known is not None and known.planned_period is not None else None


def _goes_by_what_is_over(state: Customer, thread: str, told: RequestedText) -> bool:
    """Whether what they were told last is not so any more, and no contact of theirs can be texted since."""
    profile = state.profile
    if profile is None or any(one.contact_id not in state.untextable for one in profile.contacts):
        return False
    if thread == SUPPLY:
        return is_better(state) or (bool(state.dark()) and believe(state).kind != "out")
    known = state.outages.get(thread.removeprefix(notice_thread("")))
    if known is None or told.meant.believes != "noticed":
        return known is not None and known.touched and known.status == "noticed"
    return known.status == "withdrawn" or (known.status == "noticed" and known.planned_period != told.meant.period)


def _dropped(texts: Sequence[RequestedText]) -> RequestedText | None:
    """The text of a thread that came too late to be sent, where none has reached them since: what says it now may wait, too."""
    for text in reversed(texts):
        if text.settled:
            return None
        if text.state == "expired" and not text.meant.says.startswith(REMINDER):
            return text
    return None


def _late(state: Customer) -> Iterator[CustomerCause]:
    """A promised word that is late, of those whom a text that waits is not enough for."""
    profile = state.profile
    if profile is None or not (profile.life_support or profile.importance in CALLED_IN_TIME):
        return
    if "nobody-reached" in state.alarms or "end-unproven" in state.alarms:
        return
    for obligation in (FIRST_WORD, RESTORED_WORD):
        record = state.owed.broken(obligation)
        if record is not None and record.mrid is not None:
            yield CustomerCause(WORD_LATE, record.mrid, obligation, None, record.due_at + CALLED_WITHIN)


def _unanswered(state: Customer) -> Iterator[CustomerCause]:
    """Whom the account manager is to call, or operators, because no handset, or nobody there, has answered."""
    if state.profile is None or "nobody-reached" in state.alarms:
        return
    reason = "no-answer" if ANSWERS in state.owed.records else "no-receipt"
    operators, manager = state.owed.records.get(OPERATORS), state.owed.open(ACCOUNT_MANAGER)
    if operators is not None and operators.mrid is not None:
        yield CustomerCause(UNCONFIRMED, operators.mrid, reason, None, operators.due_at + CALLED_WITHIN)
    elif manager is not None and manager.mrid is not None:
        who = state.profile.account_manager
        yield CustomerCause(MANAGER_CALLS, manager.mrid, reason, who, manager.due_at + CALLED_WITHIN)


def _of_managers(state: Customer) -> Iterator[CustomerCause]:
    """What the account manager is to know: once for each outage that their customer is off, and that a word may be late."""
    who = state.profile.account_manager if state.profile is not None else None
    if who is None:
        return
    for outage in state.dark():
        yield CustomerCause(MANAGER_INFORMED, outage.mrid, "power-is-off", who)
    for record in state.owed.records.values():
        is_word = record.obligation in (FIRST_WORD, NEXT_WORD, RESTORED_WORD)
        if is_word and record.mrid is not None and record.state != "open":
            yield CustomerCause(MANAGER_WARNED, record.mrid, record.obligation, who, record.due_at + CALLED_WITHIN)


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
    # Of work that is off there is something to say to whoever was told of it, and to nobody else.
    cancels = known.status == "withdrawn" and text is not None and (text.meant.believes == "cancelled" or text.settled)
    if not (cancels or (known.touched and known.status == "noticed")):
        return None
    return mrid, known.planned_period.end if known.planned_period is not None else None
