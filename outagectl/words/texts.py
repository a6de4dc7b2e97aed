"""What the texts say: in a few words, in a sentence with its times, and the Chinese ones in English in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from operations.times import Times
from schemas.contracts.messages import Trigger
from services.notifier.domain.events import TextMeant

Meant = TextMeant | None
"""What a text makes its reader believe; None where that is not known."""


class TextWords(NamedTuple):
    """One occasion: what its texts say."""

    brief: str
    """Where a whole sentence has no room."""
    says: Callable[[Meant, Times], str]
    """With the times that were meant."""


def _at(instant: datetime | None, t: Times) -> str:
    return t.text(instant) if instant else "…"


def _period(m: Meant, t: Times) -> str:
    return t.period(m.period) if m and m.period else "…"


def _ert(m: Meant, t: Times) -> str:
    return _at(m.ert if m else None, t)


def _next(m: Meant, t: Times) -> str:
    return _at(m.next_word_by if m else None, t)


TEXTS: Mapping[Trigger, TextWords] = {
    "planned-notice": TextWords("planned cut", lambda m, t: f"planned work will cut the power, {_period(m, t)}"),
    "temporary-notice": TextWords("cut at short notice", lambda m, t: f"work will cut the power soon, {_period(m, t)}"),
    "moved": TextWords("planned cut moved", lambda m, t: f"the planned cut moves to {_period(m, t)}"),
    "cancelled": TextWords("planned cut cancelled", lambda *_: "the planned cut does not happen"),
    "fault": TextWords("power off, back about …", lambda m, t: f"the power is off; expected back at {_ert(m, t)}"),
    "fault-time-unknown": TextWords(
        "power off, next word by …", lambda m, t: f"the power is off; next word by {_next(m, t)}"
    ),
    "ert-changed": TextWords("later than we said", lambda m, t: f"sorry, now expected back at {_ert(m, t)}"),
    "ert-overdue": TextWords(
        "the time we gave is over, sorry",
        lambda m, t: f"the time we gave has passed, sorry; next word by {_next(m, t)}",
    ),
    "part-restored": TextWords("power back in part", lambda *_: "the power is back in your part"),
    "restored": TextWords("power back", lambda *_: "the power is back"),
    "reopened": TextWords("power off again", lambda *_: "the power is off again"),
    "breach-apology": TextWords("sorry: outside the notice", lambda *_: "sorry: work went beyond its notice"),
    "correction": TextWords("what we said was wrong", lambda *_: "what we said was wrong"),
}
OF_ONE_SUPPLY: Mapping[str, TextWords] = {
    "supply-lost": TextWords("one supply off", lambda *_: "one of your supplies is off; check the change-over"),
    "one-still-lost": TextWords(
        "one supply back, another off", lambda *_: "one of your supplies is back, another is still off"
    ),
    "supply-back": TextWords("the lost supply is back", lambda *_: "the supply that was off is back"),
    "supply-corrected": TextWords("a supply was not off", lambda *_: "what we said of one of your supplies was wrong"),
}
"""Words of texts to whoever has several supplies, by template: their triggers are those of texts about power as a whole."""
BESIDE: Mapping[str, TextWords] = {
    "curtailment": TextWords("load shed by order", lambda m, t: f"load is shed by order, {_period(m, t)}"),
    "reminder": TextWords("reminder of the planned cut", lambda m, t: f"a reminder: power will be off {_period(m, t)}"),
    "not-begun": TextWords(
        "no report that the work began", lambda m, t: f"nobody has reported that the work began, {_period(m, t)}"
    ),
    "not-done": TextWords("the time of the work is over", lambda *_: "the time of the work is over, power stays on"),
    "ert-withdrawn": TextWords(
        "the time we gave no longer holds",
        lambda m, t: f"the time we gave is no longer certain, sorry; next word by {_next(m, t)}",
    ),
    "ert-earlier": TextWords(
        "earlier than we said", lambda m, t: f"power is now expected back earlier, at {_ert(m, t)}"
    ),
}
"""Words of texts beside those that their triggers name, by template."""
_OWN: Mapping[str, TextWords] = {**OF_ONE_SUPPLY, **BESIDE}
_BY_NAME: Mapping[str, TextWords] = {**dict(TEXTS.items()), **_OWN}

ENGLISH: Mapping[Trigger, str] = {
    "planned-notice": "Hello! For line maintenance the power on … will be off …; your site lies in it. We are sorry for "
    "the trouble. Please prepare; power may return early, so always treat lines as live. Questions: …, code …",
    "temporary-notice": "Hello! For urgent line work the power on … will go off at …; your site lies in it; expected "
    "back about …. Sorry for the short notice. Please ready your standby supply. Questions: …, code …",
    "moved": "Hello! A change: the cut planned on … for … is now …; this text replaces the one before. We are sorry. "
    "Questions: …, code …",
    "cancelled": "Hello! Cancelled: the cut planned on … for … will not happen. Sorry for upsetting your plans. If it is "
    "planned anew we will tell you again. Questions: …, code …",
    "fault": "Hello! Your site (address) has had no power since …; we are seeing to the repair; expected back about …. "
    "We are sorry. Treat lines as live while the power is off. Questions: …, code …",
    "fault-time-unknown": "Hello! Your site (address) has had no power since …; when it comes back cannot be said yet; we "
    "will write again before …. We are sorry. Treat lines as live. Questions: …, code …",
    "ert-changed": "Hello! We told you power would be back about …; that did not hold, and we apologise. Work goes on; "
    "now expected back about …. Go by this text. Treat lines as live. Questions: …, code …",
    "ert-overdue": "Hello! We told you power would be back about …; that did not hold, and we apologise. The time is "
    "being worked out anew; we will write again before …. Treat lines as live. Questions: …, code …",
    "breach-apology": "Hello! Your site (address) has had no power since …, beyond what we had announced to you; this is "
    "our own error, and we sincerely apologise. (When it comes back, or by when we write again.) Treat lines as live while "
    "the power is off. Questions: …, code …",
    "part-restored": "Hello! Your site (address) has had power again since …; work goes on nearby, so it may be unsteady. "
    "We are sorry. If you still have none, call …, code …",
    "restored": "Hello! Your site (address) has had power again since …. We are sorry for the trouble and thank you for "
    "your patience. If you still have none, call …, code …",
}
"""What the Chinese texts say, word for word. A text of a trigger that is not named here is told in short alone."""
_ENGLISH_BY_NAME: Mapping[str, str] = {
    **dict(ENGLISH.items()),
    "curtailment": "Hello! Load is shed by order: the power on … will be off …; your site lies in it. We are sorry. "
    "Please prepare and always treat lines as live. Questions: …, code …",
    "reminder": "Hello! A reminder: for line maintenance the power on … will be off …; your site lies in it. Please be prepared; "
    "power may return early, so always treat lines as live. We are sorry for the trouble. Questions: …, code …",
    "not-begun": "Hello! Of the cut planned for … on … we have no report yet that it began; your site may lose power at any time, "
    "so please stay prepared and treat lines as live. Sorry to keep you waiting. Questions: …, code …",
    "not-done": "Hello! The time of the cut planned for … on … is over, and we have no report that it began; your site is not cut "
    "for it any more. Sorry for upsetting your plans. If it is planned anew we will tell you. If you have no power, call …, code …",
    "ert-withdrawn": "Hello! We told you power would be back about …; that is no longer certain, and we apologise. The time is "
    "being worked out anew; we will write again before …. Treat lines as live. Questions: …, code …",
    "ert-earlier": "Hello! We told you power would be back about …; it may be earlier, now expected back about …. Go by this text. "
    "We are sorry for the trouble. Treat lines as live. Questions: …, code …",
    "supply-lost": "Hello! The … supply (…) of your site (address) has been off since …; we will tell you when it is back. "
    "Please check the change-over and that your other supply holds. We are sorry. Treat lines as live. Questions: …, code …",
    "one-still-lost": "Hello! The … supply (…) of your site (address) has had power again since …; the … supply (…) is still "
    "off, and we will tell you when it is back. Please check the change-over. We are sorry. Treat lines as live. If something "
    "is wrong, call …, code …",
    "supply-back": "Hello! The … supply (…) of your site (address) has had power again since …. Please check the change-over. "
    "We are sorry for the trouble and thank you for your patience. If something is wrong, call …, code …",
}
NOTICE_IN_ENGLISH = "kind: planned maintenance · from … to … · area · line · reason · questions to · published"


def occasion(trigger: str, template: str | None) -> str:
    """What texts are told apart by: the trigger, or the template (with its language in front) where that says something else."""
    name = (template or "").rpartition("/")[2]
    return name if name in _OWN else trigger


def text_says(trigger: object) -> str:
    """A text's content in a few words."""
    known = _BY_NAME.get(str(trigger))
    return known.brief if known else str(trigger)


def in_english(trigger: str) -> str | None:
    """The whole text of an occasion in English, where there is one."""
    return _ENGLISH_BY_NAME.get(trigger)


def says(trigger: str, meant: Meant, t: Times) -> str:
    """What texts of an occasion say, with the times that were meant."""
    known = _BY_NAME.get(trigger)
    return known.says(meant, t) if known else trigger


NOT_NOW: Mapping[str, str] = {
    "talked-enough": "Enough was said of late (talked-enough)",
    "handset-full": "Their telephone has no room for it in this hour: call them (handset-full)",
    "handset-spent": "Their telephone has no room for anything in this hour: call them (handset-spent)",
    "next-word": "More of what they know waits for the morning: nobody reads texts at night there (next-word)",
    "no-change-tonight": "It changes nothing before the morning, so nobody is woken (no-change-tonight)",
}
"""Why nothing is said at present, by the reason in the log."""


def waits_for(
    state: str, not_before: datetime | None, changes_at: datetime | None, now: datetime, t: Times
) -> str | None:
    """`waits until 07:00: later work`, of a text that lies ready and may not go yet; None of all others."""
    if state != "ready" or not_before is None or not_before <= now:
        return None
    return f"waits until {t.at(not_before)[:16]}{': later work' if changes_at is not None else ''}"
