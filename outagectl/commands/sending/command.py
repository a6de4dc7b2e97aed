"""`outagectl sending`: the operators' brake; reconciling.py beside it. Stopped lanes send nothing; what is old still expires."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from operations.duty.circuits import as_document, in_words, stops_all
from operations.duty.sending import chosen_lanes, lanes_now, resume_lanes, stop_lanes
from operations.errors import Misused
from operations.sending.paces import pace_json, paces_now
from operations.system.asking import who
from operations.system.location import find
from operations.times import count, span
from outagectl.commands.sending.approving import approve, refuse, say_sends
from outagectl.commands.sending.pace_text import say_paces
from outagectl.commands.sending.reconciling import reconciling, say_standing
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Stop and resume the sending of texts.")
app.command("approve")(approve)
app.command("refuse")(refuse)
app.command("reconcile")(reconciling)
Lane = Annotated[
    str | None, typer.Argument(metavar="[LANE]", help="critical, key, notice or bulk; without one, all lanes.")
]


@app.command("status")
def status(lane: Lane = None, *, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """Show each lane (running, stopped by whom and why, held because of the provider), its texts, and the pace that lanes share."""
    where = find(data)
    rows, circuits, now = asyncio.run(lanes_now(where, chosen_lanes(lane)))
    if json:
        held = [as_document(one) for one in circuits]
        paces, wall = asyncio.run(paces_now(where))
        pace = [pace_json(one, wall) for one in paces]
        as_json([_lane_json(row, now) | {"heldBy": held, "pace": pace} for row in rows])
        return
    running = "HELD by the provider" if stops_all(circuits) else "running"
    t = times(where, utc=utc)
    out = console()
    out.print(
        table(
            None,
            ("lane", "sending", "waiting", "for approval", "for later", "under way", "oldest waits", "next drops"),
            [
                (
                    row["lane"],
                    f"STOPPED {t.at(row['stopped_at'])}" if row["stopped_at"] else running,
                    count(row["waiting"], "text"),
                    row["held"],
                    row["later"],
                    row["under_way"],
                    span(now - row["oldest"]) if row["oldest"] else "–",
                    f"in {span(row['next_expiry'] - now)}" if row["next_expiry"] else "–",
                )
                for row in rows
            ],
        )
    )
    for row in rows:
        if row["stopped_at"]:
            line = (
                f"{row['lane']}: stopped for {span(now - row['stopped_at'])} by {row['who']}: {row['reason']}. "
                f"Dropped meanwhile: {count(row['expired'] + row['over'], 'text')}."
            )
            out.print(line, markup=False, style="bold red")
    if any(row["stopped_at"] for row in rows):
        out.print("Let it run again: outagectl sending resume [LANE]", markup=False)
    for one in circuits:
        out.print(in_words(one, now, t), markup=False, style="bold red")
    say_paces(where, t)
    say_sends(where, now, t)
    say_standing(where, now, t)
    out.print(f"[dim]As of {t.at(now)}. {t.note}[/]")


@app.command("stop")
def stop(
    lane: Lane = None,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; it goes on record with your name (required).")
    ] = None,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Stop the sending of a lane, or of all. No text is lost: it waits until its last useful moment."""
    lanes = chosen_lanes(lane)
    if not reason or not reason.strip():
        raise Misused('say why: outagectl sending stop [LANE] --reason "…" (it goes on record with your name)')
    where, person = find(data), who()
    stopped, rows, now, certain = asyncio.run(stop_lanes(where, lanes, reason.strip()))
    if json:
        as_json(
            {
                "stopped": stopped,
                "certain": certain,
                "underWay": sum(row["under_way"] for row in rows),
                "lanes": [_lane_json(row, now) for row in rows],
            }
        )
        return
    t, out = times(where, utc=utc), console()
    for row in rows:
        if row["lane"] in stopped:
            line = f"{row['lane']}: stopped. {count(row['waiting'], 'text')} wait; {row['under_way']} under way."
        else:
            line = (
                f"{row['lane']}: was stopped already, since {t.at(row['stopped_at'])}, by {row['who']}: {row['reason']}"
            )
        out.print(line, markup=False)
    if any(row["under_way"] for row in rows):
        out.print("What is under way was handed over before the stop and may still arrive.")
    if not certain:
        out.print(
            "[bold yellow]A sender hangs in the middle of taking texts[/]: what it took before the stop may still go "
            "out. Look again: outagectl sending status"
        )
    if stopped:
        out.print(f"Recorded for {person}. Texts still expire at their last useful moment and are not sent late.")
        out.print("Let it run again: outagectl sending resume [LANE]", markup=False)


@app.command("resume")
def resume(
    lane: Lane = None,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes on record with your name.")] = "",
    json: Json = False,
    data: Data = None,
) -> None:
    """Let a lane, or all, send again; says what waits, and what became useless meanwhile."""
    where, lanes, person = find(data), chosen_lanes(lane), who()
    resumed, rows, now = asyncio.run(resume_lanes(where, lanes, reason.strip()))
    if json:
        texts = {one["lane"]: one for one in resumed}
        shown = [_lane_json(row, now) | {k: texts[row["lane"]][k] for k in ("waiting", "expired")} for row in rows]
        as_json({"resumed": list(texts), "lanes": shown})
        return
    out = console()
    if not resumed:
        out.print(f"Nothing was stopped: {', '.join(lanes)} {'runs' if len(lanes) == 1 else 'run'}.", markup=False)
        return
    for one in resumed:
        gone, since = one["expired"], datetime.fromisoformat(one["stoppedAt"])
        lost = f"{count(gone, 'text')} expired meanwhile and {'is' if gone == 1 else 'are'} not sent late"
        line = (
            f"{one['lane']}: goes on after {span(now - since)}. "
            f"{count(one['waiting'], 'text')} waited and go out now; {lost if gone else 'none expired meanwhile'}."
        )
        out.print(line, markup=False)
    if any(one["expired"] for one in resumed):
        out.print("Where something is still to be said, a new text with the present state takes their place.")
    out.print(f"Recorded for {person}.", markup=False)


def _lane_json(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "lane": row["lane"],
        "stopped": row["stopped_at"] is not None,
        "stoppedAt": row["stopped_at"],
        "who": row["who"],
        "reason": row["reason"],
        "waiting": row["waiting"],
        "forApproval": row["held"],
        "later": row["later"],
        "underWay": row["under_way"],
        "oldestRequestedAt": row["oldest"],
        "nextExpiryAt": row["next_expiry"],
        "expired": row["expired"] + row["over"],
        "asOf": now,
    }
