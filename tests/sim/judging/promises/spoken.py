"""Work out what was promised by saying when power is back, or when more is said: the time that stood, and the next word."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from schemas.contracts import dispatch

SAID, NEXT = "cn.words.expected-time", "cn.words.next-update"
SPOKEN: Final = frozenset({SAID, NEXT})
ABOUT: Final = timedelta(minutes=15)


class Dark(Protocol):
    """A time without power: since when, None for the first one, and until when."""

    off: datetime | None
    back: datetime | None


class Said(NamedTuple):
    """One word: when, the expected time, when more is said; and what puts words of one instant in order."""

    at: datetime
    order: str
    ert: datetime | None
    more: datetime | None


class Promised(NamedTuple):
    """By which rule, until when, when it was done, and whether it binds nobody."""

    rule: str
    due: datetime
    done: datetime | None
    void: bool


def promised(facts: Sequence[Any], cuts: Sequence[Dark]) -> Iterable[Promised]:
    """What the words of one outage promise; `facts` as they were said, not as they were corrected."""
    words = sorted(said for fact in facts for said in _said(fact))
    for ert in sorted({word.ert for word in words if word.ert is not None}):
        then = _cut(cuts, ert)
        last = _last(words, min(ert, then.back or ert))
        lasts = last is not None and last.ert == ert
        inside = last is not None and _cut(cuts, last.at) is then and not (then.back and then.back < last.at)
        yield Promised(SAID, ert + ABOUT, then.back, not (lasts and inside))
    for more in sorted({word.more for word in words if word.more is not None}):
        first = next(word for word in words if word.more == more)
        cut = _cut(cuts, first.at)
        newer = _last(words, more)
        if newer is not None and newer.more == more:
            newer = next((word for word in words if word.at > more), None)
        done = min((at for at in (newer.at if newer else None, cut.back) if at is not None), default=None)
        yield Promised(NEXT, more, done, more <= first.at or bool(cut.back and cut.back < first.at))


def _last(words: Iterable[Said], at: datetime) -> Said | None:
    return max((word for word in words if word.at <= at), default=None)


def _cut(cuts: Sequence[Dark], at: datetime) -> Dark:
    return [cut for cut in cuts if cut.off is None or cut.off <= at][-1]


def _said(fact: Any) -> Iterable[Said]:
    match fact:
        case dispatch.OutageStarted(started_at=at, ert=ert, next_update_at=more) if ert or more:
            yield _word(at, ert, more)
        case dispatch.FaultReported(reported_at=at, ert=ert) if ert:
            yield _word(at, ert)
        case dispatch.ErtChanged(changed_at=at, ert=ert, next_update_at=more):
            yield _word(at, ert, more, fact.ert_source, fact.ert_confidence)
        case dispatch.OutageReopened(reopened_at=at, ert=ert):
            yield _word(at, ert)


def _word(at: datetime, ert: datetime | None, more: datetime | None = None, *told: str | None) -> Said:
    source, confidence = told or (None, None)
    order = msgspec.json.encode((at, ert, more, source, confidence)).decode()
    return Said(at, order, ert, None if ert else more)
