"""`outagectl network history`: which editions of the network model were brought in, when and by whom."""

from __future__ import annotations

import asyncio

from operations.errors import NotFound
from operations.network.about import imports_of
from operations.system.location import find
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times


def history(*, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """List the editions that were brought in whole, the latest 100, as the services heard of them."""
    where = find(data)
    found = asyncio.run(imports_of(where))
    if found is None:
        raise NotFound("no service keeps a copy of the network model here: outagectl migrate")
    service, imports = found
    if json:
        as_json({"service": service, "imports": imports})
        return
    t, out = times(where, utc=utc), console()
    if not imports:
        out.print(f"{service} has heard of no edition that was brought in whole since it keeps record of them.")
        return
    rows = [
        (t.at(one.imported_at), one.imported_by or "not said", one.model_id, t.at(one.date), f"{one.elements:,}")
        for one in imports
    ]
    out.print(table(f"Brought in, as {service} heard of it", ("when", "by", "model", "as of", "elements"), rows))
    out.print(f"[dim]{t.note}[/]")
