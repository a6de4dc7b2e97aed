"""`outagectl promises`: what was promised, by when, and what became of it, from the read models of all services."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from operations.duty.promises import promised
from operations.errors import Misused
from operations.system.database import Row
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import count
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.readmodels.promises import OPEN, VERDICTS
from services.restorer.domain.complaints.decider import CATEGORY as COMPLAINT

WORDS = {"made": "open", "atRisk": "at risk", "kept": "kept", "broken": "broken", "voided": "voided"}
Outage = Annotated[str | None, typer.Option("--outage", metavar="ID", help="Only of this outage (mRID).")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only of this rule.")]


def promises(
    *,
    open_: Annotated[bool, typer.Option("--open", help="Only those without a verdict.")] = False,
    broken: Annotated[bool, typer.Option("--broken", help="Only those broken.")] = False,
    rule: Rule = None,
    outage: Outage = None,
    rates: Annotated[bool, typer.Option("--rates", help="How each rule fared, instead of each promise.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many per service.")] = 200,
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
        _show(rows, where, utc=utc)
    seen.demand()


def _document(service: str, row: Row) -> dict[str, Any]:
    return {
        "service": service,
        "promiseId": row["promise_id"],
        "mRID": row["mrid"],
        "customerId": row["customer_id"],
        "complaintId": _complaint(row),
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
        "evidence": msgspec.json.decode(row["evidence"] or "[]"),
        "unproven": bool(row["unproven"]),
        "correctedFrom": row["corrected_from"],
        "why": row["why"],
        "whyBy": row["why_by"],
        "whyAt": row["why_at"],
    }


def _complaint(row: Row) -> str | None:
    """The complaint that a promise is about; None where it is about something else."""
    category, _, name = str(row["stream_id"]).partition("/")
    return name if category == COMPLAINT else None


def _rate(service: str, row: Row) -> dict[str, Any]:
    judged = row["kept"] + row["broken"]
    return {
        "service": service,
        "ruleId": row["rule_id"],
        **{name: row[name] for name in ("made", "open", "kept", "broken", "voided", "corrected")},
        "rate": row["kept"] / judged if judged else None,
    }


def _show(rows: Sequence[tuple[str, Row]], where: Where, *, utc: bool) -> None:
    out, t = console(), times(where, utc=utc)
    columns = ("due", "about", "rule", "promise", "state", "at", "reason")
    cells = [
        (
            t.at(r["due_at"]),
            r["mrid"] or r["customer_id"] or _complaint(r),
            r["rule_id"],
            r["obligation"],
            _state(r),
            t.at(r["verdict_at"]),
            r["reason"],
        )
        for _, r in rows
    ]
    out.print(table(None, columns, cells))
    out.print(f"\n{count(len(rows), 'promise')}. [dim]{t.note}[/]")


def _state(row: Row) -> str:
    word = WORDS[row["state"]]
    if row["state"] == "atRisk" and (row["warnings"] or 1) > 1:
        word = f"warned {row['warned']} of {row['warnings']}" if row["warned"] else word
    if row["corrected_from"]:
        word += f" (was {row['corrected_from']})"
    return f"{word}, unproven" if row["unproven"] else word


def _show_rates(rows: Sequence[tuple[str, Row]]) -> None:
    columns = ("service", "rule", "made", "open", "kept", "broken", "voided", "corrected", "kept of judged")
    cells = []
    for name, row in rows:
        told = _rate(name, row)
        figures = [f"{told[word]:,}" for word in ("made", "open", "kept", "broken", "voided", "corrected")]
        cells.append((name, told["ruleId"], *figures, "–" if told["rate"] is None else f"{told['rate']:.1%}"))
    console().print(table(None, columns, cells))
