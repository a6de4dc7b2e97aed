"""`outagectl network reread`: have services empty their copies of the network model and read the topic again."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from operations.errors import Misused
from operations.network.rereading import reread
from operations.system.location import find
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Service
from outagectl.terminal.say import as_json, console


def reread_network(
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; goes on record with your name.")] = "",
    service: Service = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Empty the copy of the network model and read outage.network from its first record. On record.

    For a copy that has what the topic lost: `outage_network_ok` stays 0 though `network check` finds the edition whole. Until an
    edition is there again places are names: plans are judged and customers found by those alone, for seconds, or minutes where
    the network is large.
    """
    if not reason.strip():
        raise Misused("say why it is read again: --reason TEXT")
    confirm("services decide without the network model until it is read again", yes=yes)
    done = asyncio.run(reread(find(data), service, reason.strip()))
    if json:
        as_json(done)
        return
    for one in done:
        console().print(f"✓ {one['service']}: reads {count(one['partitions'], 'partition')} of {one['topic']} again")
