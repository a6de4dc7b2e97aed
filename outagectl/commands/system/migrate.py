"""`outagectl migrate`: bring the database to the schema that this version knows, as its administrator."""

from __future__ import annotations

import asyncio

from operations.system.location import find
from operations.system.migration import GATEWAY, apply_all
from operations.system.services import chosen
from operations.times import count
from outagectl.terminal.options import Data, Json, Service
from outagectl.terminal.say import as_json, console


def migrate(*, service: Service = None, json: Json = False, data: Data = None) -> None:
    """Apply what is missing, service by service; what is there already is left alone."""
    # The gateway decides nothing, so it is none of the services that commands are otherwise about.
    names = (GATEWAY,) if service == GATEWAY else (*chosen(service), *((GATEWAY,) if service is None else ()))
    applied = asyncio.run(apply_all(find(data), names))
    if json:
        as_json({"applied": applied})
        return
    out = console()
    for name, done in applied.items():
        out.print(
            f"{name}: {count(len(done), 'migration')} applied ({', '.join(done)})" if done else f"{name}: up to date"
        )
