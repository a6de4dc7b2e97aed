"""Show a past state to people: which instant, what was open then, what had been said by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape

from operations.history.as_of import LogLimit, ShownPromise, became_known, open_promises, own_time
from operations.history.history import History
from operations.times import Times, span
from outagectl.commands.show.text import promises_of, shown_promises
from outagectl.terminal.say import table
from outagectl.words.sentences import in_words
from outagectl.words.texts import occasion, text_says
from services.notifier.domain.text_states import TextState
from services.promises import OPEN_STATES

STATES: Mapping[TextState, str] = {
    "requested": "not yet with the provider",
    "accepted": "with the provider, no receipt yet",
    "delivered": "on the handset",
    "undelivered": "did not arrive",
    "suppressed": "not sent",
    "expired": "dropped, too late to be of use",
}


def meant(end: LogLimit, t: Times) -> str:
    """Which state is shown, in words."""
    if end.position is not None:
        return f"as it stood at position {end.position} of the {end.service}'s log ({t.at(end.at)})"
    if end.by == "event-time":
        return f"what had happened by {t.at(end.at)}, as is known today (some of it was learnt later)"
    return f"as it was known at {t.at(end.at)}"


def not_yet(history: History, end: LogLimit, t: Times) -> str:
    """That nothing was known then, and since when something is."""
    first = became_known(history)
    if first is None:
        return f"the log holds nothing about {history.kind} {history.id}: there is no past state to show"
    said = in_words(first.type, first.data, t)
    if end.by == "event-time":
        first = min(history.entries, key=own_time)
        return (
            f"nothing had happened to {history.kind} {history.id} by {t.at(end.at)}: the earliest is of "
            f"{t.at(own_time(first))}: {in_words(first.type, first.data, t)}"
        )
    return (
        f"nothing was known of {history.kind} {history.id} at {t.at(end.at)}: it became known at {t.at(first.at)} "
        f"({first.service}: {said})"
    )


def print_at(out: Console, then: History, end: LogLimit, t: Times) -> None:
    """What stood open, and what had been said, before the story up to there."""
    out.print(
        f"[bold yellow]{escape(then.kind.capitalize())} {escape(then.id)}, {escape(meant(end, t))}[/]   [dim]{t.note}[/]"
    )
    promises = shown_promises(then)
    if promises:
        rows = [
            (one.rule_id, t.text(one.due_at), _standing(one, end.at), one.reasons)
            for one in sorted(promises, key=lambda one: one.due_at)
        ]
        out.print(table("Promises by then", ("rule", "due", "stood", "why"), rows))
    else:
        out.print("Nothing had been promised.")
    if not then.texts:
        out.print("No text had been asked for.")
    for text in then.texts:
        state = STATES.get(text["state"], text["state"])
        about = text_says(occasion(text["trigger"], text["templateId"]))
        out.print(
            f"  {t.at(text['requestedAt'])}  to {text['contactId']}: “{about}”, {state}",
            markup=False,
        )
        out.print(f"    {text['body']}", markup=False, style="dim")


def _standing(promise: ShownPromise, at: datetime) -> str:
    """`open, 17 min left`, or its verdict by then."""
    if promise.state not in OPEN_STATES:
        return promise.state
    left = promise.due_at - at
    risk = "at risk" if promise.state == "atRisk" else "open"
    return f"{risk}, {span(left)} {'left' if left >= timedelta(0) else 'over'}"


def at_json(then: History, end: LogLimit) -> dict[str, Any]:
    """What a past state adds to a history for programs."""
    return {
        "asOf": {"at": end.at, "by": end.by, "service": end.service, "position": end.position},
        "openPromises": open_promises(promises_of(then), end.at),
    }
