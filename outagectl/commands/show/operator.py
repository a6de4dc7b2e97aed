"""`outagectl show operator`: what somebody asked of a service by hand, and what came of it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from operations.errors import Misused, NotFound
from operations.system.database import Connection, Row, connect, enter, present
from operations.system.location import Where, find
from operations.system.services import NAMES
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from services.kernel.operators.answering import SQL, answer_of

TABLES = ("event", "operator_request")
SHORTEST_ID = 4


def operator(
    request: Annotated[
        str,
        typer.Argument(metavar="ID", help="As the command said it, or enough of its beginning."),
    ],
    *,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """What an operator asked of a service, why, and the service's answer."""
    where = find(data)
    found = asyncio.run(_read(where, request))
    if json:
        as_json(found)
        return
    t, out = times(where, utc=utc), console()
    who = f"{escape(found['who'])} ({escape(found['login'])}), {t.at(found['at'])}"
    out.print(f"[bold]{escape(found['action'])}[/]  asked of the {found['service']} by {who}")
    out.print(f"  why: {escape(found['why'] or '–')}\n  detail: {escape(found['detail'])}", soft_wrap=True)
    if (answer := found["answer"]) is None:
        out.print(f"  [yellow]waits[/]: it is judged when the {found['service']} is up")
        out.print(f"  [dim]{t.note}[/]")
        return
    said = t.within(answer.get("explanation") or "") or msgspec.json.encode(answer.get("result", {})).decode()
    out.print(f"  {found['state']}: {escape(answer['reason'])}  {escape(said)}", soft_wrap=True)
    out.print(f"  [dim]{t.note}[/]")


async def _read(where: Where, request: str) -> dict[str, Any]:
    if len(request) < SHORTEST_ID:
        raise Misused(f"{request!r} is too short for a request's id: write at least {SHORTEST_ID} characters")
    found: list[dict[str, Any]] = []
    async with connect(where) as connection:
        for service in await present(connection, NAMES, TABLES):
            await enter(connection, service)
            found += [
                await _one(connection, service, row) for row in await connection.fetch(SQL["like"], request.lower())
            ]
    if not found:
        raise NotFound(f"no service was asked under {request}: check the id")
    if len(found) > 1:
        names = ", ".join(one["requestId"] for one in found)
        raise Misused(f"{request} may be any of {names}: write more of it")
    return found[0]


async def _one(connection: Connection, service: str, row: Row) -> dict[str, Any]:
    answer = await answer_of(connection, row["id"])
    state = "waits" if answer is None else "refused" if hasattr(answer, "explanation") else "done"
    named = {"service": service, "requestId": str(row["id"]), "at": row["at"], "who": row["who"], "login": row["login"]}
    asked = {"action": row["action"], "why": row["reason"], "detail": row["detail"], "state": state}
    return named | asked | {"answer": None if answer is None else msgspec.to_builtins(answer)}
