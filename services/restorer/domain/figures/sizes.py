"""Ask the network once for each word on an extent how many customers it means: growth counts from when it was said. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

from schemas.contracts.base import Extent, encode
from services.places.topology import NetworkPart
from services.restorer.domain.course.walk import SupplyMark
from services.restorer.domain.events import ExtentByModel
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

DIGEST = 16  # bytes


@lru_cache(maxsize=256)
def extent_name(off: Extent, but: Extent) -> str:
    """Tells places without power apart, by what is off and what of it has power."""
    return sha256(encode((off, but))).hexdigest()[: 2 * DIGEST]


def meant(mark: SupplyMark) -> Iterator[tuple[Extent, Extent]]:
    """The places of a mark of which it must be known how many customers they mean; of a restoration step its claim says it."""
    if mark.step is None or mark.joined is not None:
        yield mark.remaining, mark.but
    if mark.joined is not None:
        yield mark.joined.remaining, mark.joined.remaining_but


def sizes_of(state: SupplyState, course: Course, network: NetworkPart) -> Iterator[ExtentByModel]:
    """What the network says of extents of which it was not asked before; each is asked about once, as of when it was named."""
    asked: set[str] = set()
    for mark in course.marks:
        for off, but in meant(mark):
            name = extent_name(off, but)
            if name in state.sizes or name in asked:
                continue
            ends = network.meaning(off).ends
            if ends:
                asked.add(name)
                yield ExtentByModel(name=name, customers=network.customers(ends - network.lit(but)))
