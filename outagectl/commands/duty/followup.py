"""`outagectl followup`: who reported a fault and is to be called back now that power is back; how the call went."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from rich.markup import escape

from operations.calls.followups import FollowupList, FollowupShown, Which, followups, record_followup
from operations.system.instants import read_instant
from operations.system.location import find
from operations.times import Times, count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from services.places import escaped
from services.restorer.domain.callers.recorded import CallOutcome

OUTCOMES: Final = {
    "satisfied": "satisfied",
    "neutral": "neither satisfied nor dissatisfied",
    "dissatisfied": "[yellow]dissatisfied[/]",
    "unreached": "could not be reached",
    "void": "not to be called after all",
}
ANSWERS: Final = {
    "followup-done": "called back",
    "followup-unreached": "not reached; they are to be called again",
    "followup-given-up": "not reached, for the last time: they count as unreached",
    "followup-known": "called back, as was known",
    "followup-corrected": "called back, put right",
}
NO_SUCH: Final = "No such call back. All that are known: outagectl followup list --show all"
"""Where only some were asked for: an outage or a report that is typed wrongly is not one that needs no call."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Call back who reported a fault, once power is back. A key customer who is called without having reported anything: "
    "outagectl callback.",
)


@app.command("list")
def list_(
    which: Annotated[
        Which,
        typer.Option(
            "--show",
            help="open: somebody is to call; due: and not only later; again: called in vain before; an outcome; "
            "void: nobody is to call after all; all.",
        ),
    ] = "open",
    *,
    outage: Annotated[str | None, typer.Option("--outage", metavar="MRID", help="Only of this outage.")] = None,
    report: Annotated[str | None, typer.Option("--report", metavar="REPORT", help="Only this report, by id.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List calls back, the oldest first: which report, of which outage, since when, how often tried.

    Reporters are named by their report's id: the number to call is in the call centre's system.
    """
    where = find(data)
    found = asyncio.run(followups(where, which, outage=outage, report=report, limit=limit))
    if json:
        as_json(found)
        return
    everything = which == "open" and outage is None and report is None
    _print(found, times(where, utc=utc), none="Nobody is to be called back." if everything else NO_SUCH)


@app.command()
def record(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="The report's id.")],
    *,
    outcome: Annotated[
        CallOutcome, typer.Option("--outcome", help="What they think of the repair; or that nobody was reached.")
    ],
    opinion: Annotated[
        str | None, typer.Option("--opinion", help="What they say, in their words; phone numbers are taken out.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who called; you, if left out.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When; now, if left out. 2026-03-05T16:30, or with an offset."),
    ] = None,
    outage: Annotated[
        str | None, typer.Option("--outage", metavar="MRID", help="Of which outage, where several have such a report.")
    ] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="What was recorded before was wrong, or they were called once more.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Anything worth knowing; goes on record with your name.")
    ] = "",
    json: Json = False,
    data: Data = None,
) -> None:
    """Record how a call back went. Who was not reached is asked for again, as often as the policy says, then counts as unreached.

    If they say that their power is still off, have dispatch take a new report: that reopens nothing by itself.
    """
    where = find(data)
    said_at = read_instant(at, where, "--at") if at else None
    answer = asyncio.run(
        record_followup(
            where,
            report,
            outcome,
            outage=outage,
            at=said_at,
            by=by,
            opinion=opinion,
            correct=correct,
            reason=reason.strip(),
        )
    )
    if json:
        as_json({"outcome": outcome, "reason": answer.reason, **answer.result})
        return
    what = ANSWERS.get(answer.reason, escape(answer.reason))
    said = f": {OUTCOMES[outcome]}" if outcome != "unreached" else ""
    by_whom, mrid = escape(str(answer.result["by"])), escape(str(answer.result["mRID"]))
    console().print(f"[green]✓[/] Report {escape(report)} of {mrid}: {what}{said}. Recorded for {by_whom}.")


def _print(found: FollowupList, t: Times, *, none: str) -> None:
    out = console()
    for one in found.followups:
        out.print(_line(one, found, t), soft_wrap=True)
    if not found.followups:
        out.print(none)
        return
    left = found.found - len(found.followups)
    more = f", {left:,} more (--limit)" if left else ""
    out.print(
        f"\n{count(len(found.followups), 'report')}{more}. [dim]{t.note} "
        "Next: outagectl followup record REPORT --outcome …[/]"
    )


def _line(one: FollowupShown, found: FollowupList, t: Times) -> str:
    head = f"[bold]{escape(escaped(one.report_id))}[/]  outage {escape(one.mrid)}  power back {t.text(one.due_from)}"
    tried = f"  tried {count(one.tries, 'time')}, last {t.text(one.last_at)}" if one.tries and not one.outcome else ""
    if one.outcome is not None:
        when = f", {t.text(one.last_at)}" if one.last_at and one.outcome != "void" else ""
        why = f" ({escape(one.reason)})" if one.reason and one.outcome == "void" else ""
        return f"{head}  {OUTCOMES.get(one.outcome, escape(one.outcome))}{why}{when}"
    by = ""
    if one.promised_by is not None:
        when = f"promised by {t.text(one.promised_by)}"
        by = f", {when}" if one.promised_by > found.now else f", [red]{when}[/]"
    if one.next_at is not None and one.next_at > found.now:
        return f"{head}{tried}  [dim]to be called from {t.text(one.next_at)}[/]{by}"
    return f"{head}{tried}  to be called{by}"
