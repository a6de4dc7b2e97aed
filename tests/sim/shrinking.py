"""Play a story that went wrong again and again with less and less of it, and print what is left."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.kernel.clock import SystemClock
from tests.sim.city.plan.naming import spelt
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.shrink import kinds, shrink
from tests.sim.city.play import play_here
from tests.sim.city.stage import ZERO
from tests.sim.city.story import Outcome
from tests.sim.mutants.hunt import play_with

SECONDS: Final = 240.0
"""So long, of the machine's time, one story is made smaller."""
MOST: Final = 200
READ: Final = 30
"""Of the texts of a story, so many are printed."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest story that was found: `plan`, what it came to, and how many were played for it."""

    plan: Plan
    outcome: Outcome
    played: int
    mutant: str = ""

    def lines(self) -> list[str]:
        """For a person, with the line that repeats it."""
        leave = f" LEAVE={spelt(self.plan.left_out)}" if self.plan.left_out else ""
        again = f"make sim SEEDS={self.plan.seed}{leave}" + (f" MUTANT={self.mutant}" if self.mutant else "")
        read, more = self.outcome.read[:READ], len(self.outcome.read[READ:])
        return [
            "",
            again,
            f"0 s is {ZERO:%H:%M:%S} by the clocks; customer 0 is the one whose id ends in 0",
            *self.plan.lines(read),
            *([f"  ... and {more} texts more"] if more else []),
            *(f"  WRONG {line}" for line in self.outcome.wrong),
        ]


def shrunk(
    first: Outcome, play: Callable[[Plan], Outcome], seconds: float = SECONDS, mutant: str = "", most: int = MOST
) -> Shrunk:
    """The smallest story that goes wrong as `first` did, of the `most` that are played within `seconds`."""
    clock, sorts = SystemClock(), kinds(first.wrong)
    until, found, played = clock.monotonic() + seconds, first, 0

    def fails(plan: Plan) -> bool:
        nonlocal found, played
        played += 1
        outcome = play(plan)
        again = bool(kinds(outcome.wrong) & sorts)
        if again:
            found = outcome
        return again

    plan = shrink(first.plan, fails, lambda: played < most and clock.monotonic() < until)
    return Shrunk(plan, found, played, mutant)


def shrink_here(first: Outcome, mutant: str = "", seconds: float = SECONDS) -> Shrunk:
    """The same in a process that plays histories; `mutant`: the fault that was in the code, if any."""

    def play(plan: Plan) -> Outcome:
        def with_less(seed: int) -> Outcome:
            return play_here(seed, plan.left_out)

        return play_with(mutant, plan.seed, with_less) if mutant else with_less(plan.seed)

    return shrunk(first, play, seconds, mutant)
