"""Faults of the copy of the network: what is switched or changed moves nothing."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from services.network import copy
from services.restorer.kinds import outages
from tests.sim.mutants import worlds
from tests.sim.mutants.registry import mutant


@mutant(under=worlds.the_network_changes)
def switches_move_nothing() -> Iterator[None]:
    """From which side power comes is counted once, and never again."""

    async def nothing(*_: Any) -> None:
        pass

    with patch.object(copy, "rewire", nothing):
        yield


@mutant(under=worlds.the_network_changes)
def where_outages_are_off_is_not_kept() -> Iterator[None]:
    """The restorer finds no other outage that holds a place."""

    async def nothing(*_: Any) -> None:
        pass

    with patch.object(outages, "keep", nothing):
        yield
