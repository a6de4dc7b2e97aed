"""What the texts say: in a few words for the line that asks for them, in English for those that are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from demo.logbook.times import BookTimes, during

Meant = Mapping[str, Any]

SAYS: Mapping[str, Callable[[Meant, BookTimes], str]] = {
    "planned-notice": lambda m, t: f"planned work will cut the power, {_period(m, t)}",
    "temporary-notice": lambda m, t: f"work will cut the power soon, {_period(m, t)}",
    "moved": lambda m, t: f"the planned cut moves to {_period(m, t)}",
    "cancelled": lambda _, __: "the planned cut does not happen",
    "fault": lambda m, t: f"the power is off; expected back at {_at(m, 'ert', t)}",
    "fault-time-unknown": lambda m, t: f"the power is off; next word by {_at(m, 'nextWordBy', t)}",
    "ert-changed": lambda m, t: f"sorry, now expected back at {_at(m, 'ert', t)}",
    "ert-overdue": lambda m, t: f"the time we gave has passed, sorry; next word by {_at(m, 'nextWordBy', t)}",
    "part-restored": lambda _, __: "the power is back in your part",
    "restored": lambda _, __: "the power is back",
    "reopened": lambda _, __: "the power is off again",
    "breach-apology": lambda _, __: "sorry: work went beyond its notice",
    "correction": lambda _, __: "what we said was wrong",
}

ENGLISH: Mapping[str, str] = {
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
    "ert-overdue": "Hello! We told you power would be back about …; that did not hold, and we apologise. The time is being "
    "worked out anew; we will write again before …. Treat lines as live. Questions: …, code …",
    "breach-apology": "Hello! Your site (address) has had no power since …, beyond what we had announced to you; this is "
    "our own error, and we sincerely apologise. (When it comes back, or by when we write again.) Treat lines as live while "
    "the power is off. Questions: …, code …",
    "part-restored": "Hello! Your site (address) has had power again since …; work goes on nearby, so it may be unsteady. "
    "We are sorry. If you still have none, call …, code …",
    "restored": "Hello! Your site (address) has had power again since …. We are sorry for the trouble and thank you for "
    "your patience. If you still have none, call …, code …",
}
NOTICE_IN_ENGLISH = "kind: planned maintenance · from … to … · area · line · reason · questions to · published"


def says(trigger: str, meant: Meant, t: BookTimes) -> str:
    """What texts of an occasion say, with the times that were meant."""
    wording = SAYS.get(trigger)
    return wording(meant, t) if wording else trigger


def _at(meant: Meant, name: str, t: BookTimes) -> str:
    return t.text(meant[name]) if meant.get(name) else "…"


def _period(meant: Meant, t: BookTimes) -> str:
    return during(meant["period"], t) if meant.get("period") else "…"
