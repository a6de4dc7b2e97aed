"""Describe one event as a line of a log book: when, who, what in plain words, and below it why and by which rule."""

from __future__ import annotations

from collections.abc import Mapping

from demo.logbook.months import OWN
from demo.logbook.times import BookTimes, Line, Tone, name_of
from demo.logbook.why import notes
from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from outagectl.words.sentences import sentence, words_of
from outagectl.words.telling import speaks as is_told
from outagectl.words.topics.dispatch import DISPATCH
from schemas.contracts.messages import ContactUnreached, MessageExpired, MessageUndelivered
from schemas.contracts.notices import (
    Notice,
    NoticeBreached,
    NoticeClosed,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from schemas.contracts.restorations import RestorationConfirmed

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
    """Whether an event has a line of its own; months are told together (demo/logbook/months.py)."""
    return type(decoded(entry.type, entry.data)) not in OWN and is_told(entry)
