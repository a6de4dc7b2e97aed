"""What lies between two hosts, and how it is broken: who calls is one, who is called the other."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Literal

from tests.sim.broker.signal import Signal

if TYPE_CHECKING:
    from tests.sim.net.stream import Connection

What = Literal["request", "answer"]
"""Of a connection: what goes to the one that is called, and what comes back."""
How = Literal["reset", "silence"]
"""Both sides are told at once that the connection is gone; or nobody ever hears of the other again."""


@dataclass
class Loss:
    """Bytes that do not arrive: all that is written after the first `after`."""

    what: What
    how: How
    after: int


class Way:
    """Between one caller and one that it calls. `seconds`: the least and the most that anything is under way."""

    def __init__(self, chance: Random, seconds: tuple[float, float], say: Callable[[str], None]) -> None:
        self.seconds = seconds
        self.open: list[Connection] = []
        """The connections that one end at least has not left."""
        self._chance, self._say = chance, say
        self._cut: How | None = None
        self._losses: list[Loss] = []
        self._thawed = Signal()
        self.frozen = False

    # Faults.

    def cut(self, how: How) -> None:
        """Break every connection, in the middle of anything, and let none come about until `heal`."""
        self._say(f"cut by {how}")
        self._cut = how
        for connection in list(self.open):
            connection.break_off(how, in_flight=False)

    def heal(self) -> None:
        """Let new connections come about again. Who waits for one from before goes on waiting."""
        self._say("healed")
        self._cut = None

    def freeze(self) -> None:
        """Let nothing arrive until `thaw`: neither connections nor bytes."""
        self._say("frozen")
        self.frozen = True

    def thaw(self) -> None:
        """What was under way arrives."""
        self._say("thawed")
        self.frozen = False
        self._thawed.fire()
        for connection in list(self.open):
            connection.go_on()

    def lose(self, what: What, how: How = "reset", *, after: int = 0, times: int = 1) -> None:
        """Lose the next requests (the other side has not heard them) or answers (it has done its work).

        Of each the first `after` bytes arrive; its connection is broken from there on.
        """
        self._losses += [Loss(what, how, after) for _ in range(times)]

    # What connections ask.

    def delay(self) -> float:
        """How long the next thing is under way."""
        return self._chance.uniform(*self.seconds)

    def loss(self, what: What) -> Loss | None:
        """The loss that what is written now begins, if any."""
        found = next((loss for loss in self._losses if loss.what == what), None)
        if found is not None:
            self._losses.remove(found)
            self._say(f"{what} lost by {found.how} after {found.after} bytes")
        return found

    async def shake_hands(self) -> None:
        """Return once a connection has come about as far as the way goes.

        Raises:
            ConnectionRefusedError: it is cut.

        """
        await asyncio.sleep(self.delay())
        while self.frozen:
            await self._thawed.wait()
        if self._cut == "silence":
            await asyncio.get_running_loop().create_future()  # who has a limit gives up
        if self._cut == "reset":
            raise ConnectionRefusedError(111, "Connect call failed")
        await asyncio.sleep(self.delay())
