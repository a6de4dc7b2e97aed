"""`outagectl promises`: what was promised, by when, what became of it, and why some were broken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from operations.duty.promises import BrokenPromise, named, promised, say_why, unexplained_in, unexplained_of
from operations.errors import Misused
from operations.system.asking import who
from operations.system.database import Row
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import Times, count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from outagectl.words.topics.promises import LONG_DIGITS
from outagectl.words.vocabulary import promised as promised_words
from services.planner.domain.shown.told import (
    NOT_SHOWN,
    OTHER_WORDS,
    PUBLISHED_IN_TIME,
    PUBLISHED_LATE,
    SHOWN_AFTER_ALL,
    SHOWN_IN_TIME,
    TOLD_IN_TIME,
)
from services.policy.model import PUBLISHED
from services.readmodels.promises import OPEN, VERDICTS
from services.restorer.domain.complaints.decider import CATEGORY as COMPLAINT
from services.restorer.domain.enquiries.decider import CATEGORY as ENQUIRY

NAMED = 3
BY_CHANNEL = frozenset({SHOWN_IN_TIME, SHOWN_AFTER_ALL, NOT_SHOWN, OTHER_WORDS})
WORDS = {"made": "open", "atRisk": "at risk", "kept": "kept", "broken": "broken", "voided": "voided"}
Outage = Annotated[str | None, typer.Option("--outage", metavar="ID", help="Only of this outage (mRID).")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only of this rule.")]


Open = Annotated[bool, typer.Option("--open", help="Only those without a verdict.")]
Broken = Annotated[bool, typer.Option("--broken", help="Only those broken.")]
Rates = Annotated[bool, typer.Option("--rates", help="How each rule fared, instead of each promise.")]
Limit = Annotated[int, typer.Option(min=1, help="At most so many per service.")]

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    help="What was promised, and what became of it: a list without more.",
)


@app.callback()
def promises(
    context: typer.Context,
    *,
    open_: Open = False,
    broken: Broken = False,
    rule: Rule = None,
    outage: Outage = None,
    rates: Rates = False,
    limit: Limit = 200,
    service: Service = None,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List promises as `list` does, where no other command is named."""
    if context.invoked_subcommand is None:
        list_(
            open_=open_,
            broken=broken,
            rule=rule,
            outage=outage,
            rates=rates,
            limit=limit,
            service=service,
            json=json,
            utc=utc,
            data=data,
        )


@app.command("list")
def list_(
    *,
    open_: Open = False,
    broken: Broken = False,
    rule: Rule = None,
    outage: Outage = None,
    rates: Rates = False,
    limit: Limit = 200,
    service: Service = None,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List promises, the next due first, with rule and verdict; or how each rule fared.

    They are read from the read model `promise`, which follows the log within a moment.
    """
    if open_ and broken:
        raise Misused("--open and --broken exclude each other: a broken promise is not open")
    states = OPEN if open_ else ("broken",) if broken else (*OPEN, *VERDICTS)
    where = find(data)
    query = "promise_rates" if rates else "promises"
    arguments = (list(states), rule, outage) if rates else (list(states), rule, outage, limit)
    rows, seen = asyncio.run(promised(where, chosen(service), query, arguments))
    if json:
        as_json([_rate(name, row) if rates else _document(name, row) for name, row in rows])
    elif not rows:
        scope = f" in {', '.join(seen.services)}" if seen.hidden else ""
        if seen.services:
            console().print(f"No such promise{scope}.")
    elif rates:
        _show_rates(rows)
    else:
        _show(rows, where, utc=utc, with_ids=broken)
    seen.demand()


@app.command("why")
def why(
    promise_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROMISE...]", help="Which ones, by their ids (promises --broken)."),
    ] = None,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Why, in a sentence that can be published; it names no customer.")
    ],
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who says so; else you.")] = None,
    outage: Annotated[
        str | None, typer.Option("--outage", metavar="ID", help="All of this outage that nobody has explained yet.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="All that this task asks about.")] = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Say why promises were broken: it stands beside the verdict wherever that is shown, and ends the task that asks."""
    where = find(data)
    if sum(bool(one) for one in (promise_ids, outage, task)) != 1:
        raise Misused("name promises, or --outage, or --task: one of them")
    found = asyncio.run(_meant(where, promise_ids or [], outage, task))
    for one in found:
        if one.why and one.why != reason.strip():
            confirm(f"{one.promise_id} has a reason, “{one.why}”, and yours is shown in its place", yes=yes)
    if len(found) > 1:
        ids = [one.promise_id for one in found]
        shown = ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else "")
        confirm(f"{count(len(ids), 'promise')} were broken for this reason ({shown})", yes=yes)
    recorded = asyncio.run(say_why(where, found, reason, by))
    if json:
        as_json({"promiseIds": [one.promise_id for one in found], "recorded": recorded, "by": by or who()})
        return
    said = "stands beside" if recorded else "stood there already beside"
    console().print(f"[green]✓[/] It {said} {count(len(found), 'verdict')}. Recorded for {escape(by or who())}.")


async def _meant(where: Where, ids: list[str], outage: str | None, task: str | None) -> list[BrokenPromise]:
    if task is not None:
        return await unexplained_in(where, task)
    return await named(where, ids) if outage is None else await unexplained_of(where, outage)


def _document(service: str, row: Row) -> dict[str, Any]:
    return {
        "service": service,
        "promiseId": row["promise_id"],
        "mRID": row["mrid"],
        "customerId": row["customer_id"],
        "complaintId": _matter(row, COMPLAINT),
        "enquiryId": _matter(row, ENQUIRY),
        "ruleId": row["rule_id"],
        "policyId": row["policy_id"],
        "policyVersion": row["policy_version"],
        "calendarVersion": row["calendar_version"],
        "obligation": row["obligation"],
        "measuredFrom": row["measured_from"],
        "atRiskAt": row["at_risk_at"],
        "dueAt": row["due_at"],
        "state": row["state"],
        "warnedAt": row["warned_at"],
        "warned": row["warned"],
        "warnings": row["warnings"],
        "verdictAt": row["verdict_at"],
        "reason": row["reason"],
        "restsOn": rests_on(row),
        "evidence": msgspec.json.decode(row["evidence"] or "[]"),
        "unproven": bool(row["unproven"]),
        "correctedFrom": row["corrected_from"],
        "why": row["why"],
        "whyBy": row["why_by"],
        "whyAt": row["why_at"],
    }


def _matter(row: Row, *categories: str) -> str | None:
    """The complaint or enquiry that a promise is about; None where it is about something else."""
    category, _, name = str(row["stream_id"]).partition("/")
    return name if category in categories else None


def _rate(service: str, row: Row) -> dict[str, Any]:
    judged = row["kept"] + row["broken"]
    return {
        "service": service,
        "ruleId": row["rule_id"],
        **{name: row[name] for name in ("made", "open", "kept", "broken", "voided", "corrected")},
        "rate": row["kept"] / judged if judged else None,
    }


def _show(rows: Sequence[tuple[str, Row]], where: Where, *, utc: bool, with_ids: bool = False) -> None:
    out, t = console(), times(where, utc=utc)
    if with_ids:
        _show_broken(rows, t)
        return
    columns = ("due", "about", "rule", "promise", "state", "at", "reason")
    cells = [
        (
            t.at(r["due_at"]),
            r["mrid"] or r["customer_id"] or _matter(r, COMPLAINT, ENQUIRY),
            r["rule_id"],
            _thing(r),
            _state(r),
            t.at(r["verdict_at"]),
            _reasons(r),
        )
        for _, r in rows
    ]
    out.print(table(None, columns, cells))
    out.print(f"\n{count(len(rows), 'promise')}. [dim]{t.note}[/]")


def _show_broken(rows: Sequence[tuple[str, Row]], t: Times) -> None:
    """Those broken, one below the other, each by the id that `promises why` takes; the last breach last, where people look."""
    out = console()
    for _, row in rows:
        late = f", done {t.at(row['verdict_at'])}" if row["verdict_at"] != row["due_at"] else ""
        out.print(
            f"{t.at(row['due_at'])}  [bold]{escape(str(row['promise_id']))}[/]  {escape(_promised(row))}{late}",
            soft_wrap=True,
        )
        out.print(f"  {escape(str(_reasons(row) or '–'))}", soft_wrap=True)
    digits = " Fourteen digits in an id are a time that was announced, in UTC." if _has_digits(rows) else ""
    out.print(
        f"\n{count(len(rows), 'promise')}. [dim]{t.note}{digits} Next: outagectl promises why PROMISE --reason …[/]",
        soft_wrap=True,
    )


def _promised(row: Row) -> str:
    """What was not done, with whom it was promised to where that is a customer."""
    to = f" ({row['customer_id']})" if row["customer_id"] and row["mrid"] else ""
    return promised_words(row["obligation"])[1] + to


def _has_digits(rows: Sequence[tuple[str, Row]]) -> bool:
    return any(LONG_DIGITS.search(str(row["promise_id"])) for _, row in rows)


def rests_on(row: Row) -> str | None:
    """Of the promise to tell the public, what it rests on; of all others, and where its verdict does not say it, None.

    On publication it is judged as it is made: one that waits, or waited, rests on a channel.
    """
    if row["obligation"] != TOLD_IN_TIME:
        return None
    reason = str(row["reason"] or "")
    if reason in (PUBLISHED_IN_TIME, PUBLISHED_LATE):
        return PUBLISHED
    return "channel" if row["state"] in OPEN or reason in BY_CHANNEL else None


def _thing(row: Row) -> str | None:
    rests = rests_on(row)
    return f"{row['obligation']} ({rests})" if rests else row["obligation"]


def _state(row: Row) -> str:
    word = WORDS[row["state"]]
    if row["state"] == "atRisk" and (row["warnings"] or 1) > 1:
        word = f"warned {row['warned']} of {row['warnings']}" if row["warned"] else word
    if row["corrected_from"]:
        word += f" (was {row['corrected_from']})"
    return f"{word}, unproven" if row["unproven"] else word


def _reasons(row: Row) -> str | None:
    """Why it stands so; behind that, why it was broken, in the words of whoever said it."""
    if not row["why"]:
        return row["reason"]  # type: ignore[no-any-return]
    return f"{row['reason']}; “{row['why']}” ({row['why_by']})"


def _show_rates(rows: Sequence[tuple[str, Row]]) -> None:
    columns = ("service", "rule", "made", "open", "kept", "broken", "voided", "corrected", "kept of judged")
    cells = []
    for name, row in rows:
        told = _rate(name, row)
        figures = [f"{told[word]:,}" for word in ("made", "open", "kept", "broken", "voided", "corrected")]
        cells.append((name, told["ruleId"], *figures, "–" if told["rate"] is None else f"{told['rate']:.1%}"))
    console().print(table(None, columns, cells))
