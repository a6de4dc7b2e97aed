"""The network, the registry and the outage come in any order, work on each half done in between: at rest the same people know."""

from collections.abc import Awaitable, Callable
from random import Random

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged
from schemas.contracts.network import ModelRef, NetworkElement
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, by, element, whole
from tests.kits.stack.fanout import Desks, Town, at_place, out, town

STORIES = 30
PLACES = {
    "on-the-line": ("lines", "10千伏{}线"),
    "at-the-first": ("transformers", "{}一变"),
    "at-its-point": ("usage_points", "{}-P1"),
    "with-a-tie": ("transformers", "{}二变"),
    "elsewhere": ("transformers", "{}三变"),
    "far": ("lines", "10千伏{}二线"),
}
"""Where key customers are registered; all but the last are off in the end."""
Step = Callable[[], Awaitable[object]]


def line(of: str) -> str:
    return f"10千伏{of}线"


def grid(of: str) -> list[NetworkElement]:
    """One line with three transformers, of which the last has another way, and a second line."""
    return [
        element(f"{of}-ss", "substation", name=f"{of}变电站"),
        element(f"{of}-L1", "line", f"{of}-ss", name=line(of)),
        element(f"{of}-L2", "line", f"{of}-ss", name=line(f"{of}二")),
        element(f"{of}-T1", "transformer", f"{of}-L1", name=f"{of}一变"),
        element(f"{of}-T2", "transformer", f"{of}-L1", by(f"{of}-L2", f"{of}-tie", normally="open"), name=f"{of}二变"),
        element(f"{of}-T3", "transformer", f"{of}-L2", name=f"{of}三变"),
        element(f"{of}-P1", "usagePoint", f"{of}-T1"),
    ]


class Story:
    """What is said in one story, each of it once, and the worker's half-done turns between."""

    def __init__(self, city: Town, desks: Desks, number: int, random: Random) -> None:
        self._city, self._desks, self._random = city, desks, random
        self.of, self._after = f"S{number}", number * 100
        self.mrid = f"F-{self.of}"

    async def plays(self) -> None:
        said = self._said()
        self._random.shuffle(said)
        # A word on where it lies comes after the outage itself, as on its partition.
        first, second = sorted((said.index(self._starts), said.index(self._grows)))
        said[first], said[second] = self._starts, self._grows
        for step in said:
            await step()
            for _ in range(self._random.randint(0, 4)):
                await self._random.choice(self._turns())()

    def _said(self) -> list[Step]:
        elements = grid(self.of)
        self._random.shuffle(elements)
        cut = self._random.randint(1, len(elements) - 1)
        edition = ModelRef(model_id=self.of, date=EDITION.date)
        ours = [replace(one, model=edition) for one in elements]
        return [
            lambda: brought(self._city.pool, *ours[:cut], after=self._after),
            lambda: brought(self._city.pool, *ours[cut:], after=self._after + 20),
            lambda: brought(self._city.pool, whole(ours, edition), after=self._after + 40),
            self._starts,
            self._grows,
            *(self._registers(one) for one in PLACES),
        ]

    def _registers(self, who: str) -> Step:
        kind, name = PLACES[who]
        return lambda: self._city.say(self._desks, at_place(f"{self.of}-{who}", **{kind: (name.format(self.of),)}))

    async def _starts(self) -> None:
        await self._city.say(self._desks, out(self.mrid, line(self.of)))

    async def _grows(self) -> None:
        where = Extent(lines=(line(self.of),), transformers=(f"{self.of}三变",))
        await self._city.say(
            self._desks, ExtentChanged(mrid=self.mrid, changed_at=self._city.clock.now(), extent=where)
        )

    def _turns(self) -> list[Step]:
        fanner = self._desks.fanner
        return [fanner.place_one, fanner.tell_chunk, fanner.rematch_some]


@pytest.mark.timeout(300)
async def test_at_rest_the_same_people_know_whatever_came_first(postgres: str) -> None:
    async with town(postgres, chunk=2) as city:
        desks = await city.process()
        for number in range(STORIES):
            story = Story(city, desks, number, Random(number))
            await story.plays()
            await city.settle(desks)
            desks.fanner._placed_at = float("-inf")
            await city.settle(desks)
            held = await city.members(story.mrid)
            expected = {f"{story.of}-{who}" for who in PLACES if who != "far"}
            assert {who for who, touched in held.items() if touched} == expected, f"story {number}"
