"""Describe one event as a line of a log book: when, who, what in plain words, and below it why and by which rule."""

from __future__ import annotations

from collections.abc import Mapping

from demo.logbook.months import OWN
from demo.logbook.times import BookTimes, Line, Tone, name_of
from demo.logbook.why import notes
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from outagectl.words.sentences import WORDED, sentence, words_of
from outagectl.words.topics.dispatch import DISPATCH
from schemas.contracts.customers import CustomerErased
from schemas.contracts.messages import ContactUnreached, MessageExpired, MessageSuppressed, MessageUndelivered
from schemas.contracts.notices import (
    Notice,
    NoticeBreached,
    NoticeClosed,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from schemas.contracts.receipts import InboundReceived
from schemas.contracts.restorations import RestorationConfirmed
from services.notifier.domain.events import TextDoubled
from services.restorer.domain.events import SupplyByModel, TerritoryByModel

# Whose word an event is. Others may note it down; it is told once, as its owner's.
OWNERS: Mapping[str, str] = {
    "plan": "planner",
    "notice": "planner",
    "restoration": "restorer",
    "followup": "restorer",
    "outage": "restorer",
}
# What the notifier tells that the lines about texts do not say. All else it records is another's word, or its own sums.
NOTIFIER_TELLS = frozenset(
    {
        MessageSuppressed,
        MessageUndelivered,
        MessageExpired,
        ContactUnreached,
        CustomerErased,
        TextDoubled,
        InboundReceived,
    }
)
TONES: Mapping[type, Tone] = {
    PlanAccepted: "good",
    PlanRejected: "bad",
    NoticeWithdrawn: "bad",
    RestorationConfirmed: "good",
    NoticeBreached: "bad",
    MessageUndelivered: "bad",
    MessageExpired: "bad",
    ContactUnreached: "bad",
}


def line(entry: HistoryEntry, t: BookTimes) -> Line:
    """Any event but promises and texts."""
    event = decoded(entry.type, entry.data)
    known = words_of(event)
    said = known.book(event, t) if known and known.book else sentence(entry.type, event, t)
    who = "dispatch" if type(event) in DISPATCH else entry.service
    what = said.removeprefix("Dispatch ") if who == "dispatch" else said
    what = what[:1].lower() + what[1:]
    tone = TONES.get(type(event), "plain")
    # A notice goes to the public: what the paper prints is part of the story.
    body = event.text.get("zh-CN") if isinstance(event, Notice | NoticeWithdrawn | NoticeClosed) else None
    return Line(entry.at, who, what, notes(entry, t), body, tone=tone, about=name_of(entry))


def speaks(entry: HistoryEntry) -> bool:
    """Whether an event has a line of its own; texts asked for, taken and delivered are told together."""
    kind = type(decoded(entry.type, entry.data))
    if kind in DISPATCH:
        return True
    if entry.service == "notifier":
        return kind in NOTIFIER_TELLS
    if kind in OWN:
        return False  # told together (demo/logbook/months.py)
    if kind in (SupplyByModel, TerritoryByModel):
        return False  # what a decision was made by, with every fact; the histories have it
    if entry.type.startswith("task."):
        return False  # what people have to do stands in a list of its own, and is raised as the clock has it
    owner = OWNERS.get(entry.type.partition(".")[0], entry.service)
    return owner == entry.service and entry.type in WORDED
