"""`outagectl show operator`: what somebody asked of a service by hand, and what came of it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.markup import escape

from outagectl.database import connect, enter, present
from outagectl.errors import Misused, NotFound
from outagectl.options import Data, Json, Utc
from outagectl.say import as_json, console, times
from outagectl.services import NAMES
from outagectl.where import Where, find
from services.kernel.operations import SQL, answer_of

TABLES = ("event", "operator_request")


def operator(
    request: Annotated[str, typer.Argument(metavar="ID", help="As the command said it when it asked.")],
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
    said = answer.get("explanation") or msgspec.json.encode(answer.get("result", {})).decode()
    out.print(f"  {found['state']}: {escape(answer['reason'])}  {escape(said)}", soft_wrap=True)
    out.print(f"  [dim]{t.note}[/]")


async def _read(where: Where, request: str) -> dict[str, Any]:
    try:
        request_id = UUID(request)
    except ValueError:
        raise Misused(f"{request!r} is no request's id: write it whole, as the command said it") from None
    async with connect(where) as connection:
        for service in await present(connection, NAMES, TABLES):
            await enter(connection, service)
            if (row := await connection.fetchrow(SQL["one"], request_id)) is None:
                continue
            answer = await answer_of(connection, request_id)
            state = "waits" if answer is None else "refused" if hasattr(answer, "explanation") else "done"
            named = {
                "service": service,
                "requestId": request,
                "at": row["at"],
                "who": row["who"],
                "login": row["login"],
            }
            asked = {"action": row["action"], "why": row["reason"], "detail": row["detail"], "state": state}
            return named | asked | {"answer": None if answer is None else msgspec.to_builtins(answer)}
    raise NotFound(f"no service was asked under {request}: check the id")
