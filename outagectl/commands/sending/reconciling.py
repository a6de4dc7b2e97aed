"""`outagectl sending reconcile`: the provider's list against our books, now; after a restore, what lets sending go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from operations.sending.reconciling import Reconciled, reconcile, standing
from operations.system.asking import who
from operations.system.instants import read_past
from operations.system.location import Where, find
from operations.times import Times, count, span
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times

WAITS: Final[Mapping[str, str]] = {
    "not-read-to-the-end": "all is read again that was sent since",
    "deadlines-are-still-to-be-judged": "the deadlines of the lost time are judged",
    "the-list-may-lag": "the provider's list is sure to show all that went",
    "": "the notifier begins",
}
DIFFERS: Final[Mapping[str, str]] = {
    "message-not-in-our-books": "the provider sent it for us, and no text of ours is it",
    "text-not-with-the-provider": "we hold it for sent, and the provider never had it",
    "said-to-have-failed-after-all": "it arrived by its receipt, and the provider now says that it failed",
}


def reconciling(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="T",
            help="Look back so far, e.g. 2026-03-05T02:14. Else for a day, or since the restore.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes on record with your name.")] = "",
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Hold the provider's list against our books: settle what can be, show where they differ. After a restore: before resume."""
    where = find(data)
    who()
    begins = read_past(since, where, "--since") if since is not None else None
    t, out = times(where, utc=utc), console()
    told: list[str] = []

    def tell(run: Mapping[str, Any]) -> None:
        line = in_words(run, t)
        if not json and line not in told:
            told.append(line)
            out.print(line, markup=False)

    done = asyncio.run(reconcile(where, begins, reason.strip(), tell))
    if json:
        as_json(
            {
                "run": done.run,
                "differences": [dict(row) for row in done.differences],
                "afterRestore": done.restored,
                "erasedAgain": list(done.erased),
            }
        )
        return
    _say(done, t)


def _say(done: Reconciled, t: Times) -> None:
    out = console()
    if done.differences:
        rows = [
            (row["sid"], row["customer_id"], t.at(row["at"]), row["status"], DIFFERS.get(row["kind"], row["kind"]))
            for row in done.differences
        ]
        out.print(table(None, ("provider's id", "customer", "from", "state there", "difference"), rows))
        out.print("Each is a task for 7 days: outagectl task list", markup=False)
    else:
        out.print("The provider's list and our books agree.")
    if done.restored:
        again = f"{count(len(done.erased), 'customer')} erased again" if done.erased else "no erasure was missing"
        out.print(f"Erasures are applied ({again}). Sending is still off. Let it go on:")
        out.print("  outagectl sending resume --reason …", markup=False)


def in_words(run: Mapping[str, Any], t: Times) -> str:
    """How far a walk is, in a line."""
    if run["state"] == "waiting":
        return f"The list is walked once {WAITS.get(run['note'], run['note'])}."
    seen = f"{count(run['listed'], 'message')} of ours, {run['of_others']} of others, {run['settled']} settled"
    if run["state"] == "walking":
        return f"Walking the provider's list since {t.at(run['since'])}: {seen}."
    if run["state"] == "failed":
        return f"The list could not be had to its end: {run['note']}."
    return (
        f"The list was walked from {t.at(run['since'])} to {t.at(run['until'])}: {seen}, {run['differences']} differ."
    )


def say_standing(where: Where, now: datetime, t: Times) -> None:
    """For `sending status`: whether a restore keeps sending off, and when the list was held against our books."""
    runs, restore = asyncio.run(standing(where))
    out = console()
    if restore is not None:
        line = (
            f"The database went back to an earlier state (its log ends about {t.at(restore['since'])}; seen "
            f"{span(now - restore['noticed_at'])} ago, by {restore['found_by']}). Sending is off until: outagectl sending reconcile"
        )
        out.print(line, markup=False, style="bold red")
    for run in runs:
        out.print(in_words(run, t), markup=False)
