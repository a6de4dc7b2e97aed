"""Play seeds with a deliberate fault in the code until one of them is found wrong."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from tests.sim.city.play import play_here
from tests.sim.city.story import Outcome
from tests.sim.mutants.catalogue import MUTANTS
from tests.sim.mutants.registry import Mutant


@dataclass(frozen=True, slots=True)
class Hunt:
    """What became of the search for one fault: after `played` histories it was `found`, or not at all.

    `anyway`: what is wrong without the fault, too, in the world in which it is looked for; that is a find of another kind.
    """

    mutant: Mutant
    played: int
    found: Outcome | None
    anyway: Sequence[Outcome] = ()

    @property
    def as_known(self) -> bool:
        """Whether that is what is known of it."""
        return (self.found is None) == bool(self.mutant.survives)

    def lines(self) -> list[str]:
        """A line for a table, and one for each history that is wrong without the fault."""
        if self.found is None:
            said = f"survived {self.played}: {self.mutant.survives or 'nobody knows why'}"
        else:
            said = f"{self.played:>3} (seed {self.found.seed}): {'; '.join(self.found.wrong)[:200]}"
        return [f"{self.mutant.name:36} {said}", *(f"    without it, too: {one.line()}" for one in self.anyway)]


def play_with(name: str, seed: int, play: Callable[[int], Outcome] = play_here, *, fault: bool = True) -> Outcome:
    """What `play` makes of a seed in the world in which a fault is looked for, with it in the code or without."""
    mutant = MUTANTS[name]
    with mutant.under():
        if not fault:
            return play(seed)
        with mutant.put():
            return play(seed)


async def hunt(pool: Executor, jobs: int, name: str, seeds: Sequence[int], leave: Collection[str] = ()) -> Hunt:
    """Play `seeds` in their order, so many at a time, and all but what is left out (Plan.names) of their stories.

    One that is wrong without the fault, too, says nothing about it.
    """
    loop, mutant = asyncio.get_running_loop(), MUTANTS[name]
    played, anyway = 0, list[Outcome]()
    for some in _parts(seeds, jobs):
        for outcome in await asyncio.gather(*(loop.run_in_executor(pool, _with, name, seed, leave) for seed in some)):
            played += 1
            if not outcome.wrong:
                continue
            plain = await loop.run_in_executor(pool, _plain, name, outcome.seed, leave)
            if not plain.wrong:
                return Hunt(mutant, played, outcome, anyway)
            anyway.append(plain)
    return Hunt(mutant, played, None, anyway)


def _with(name: str, seed: int, leave: Collection[str]) -> Outcome:
    return play_with(name, seed, lambda number: play_here(number, leave))


def _plain(name: str, seed: int, leave: Collection[str]) -> Outcome:
    return play_with(name, seed, lambda number: play_here(number, leave), fault=False)


def _parts(seeds: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    return (seeds[start : start + size] for start in range(0, len(seeds), size))
