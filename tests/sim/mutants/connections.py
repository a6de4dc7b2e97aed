"""Worlds in which the way to the database is another: answers that take their time, a server that says a last word."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Any, Final
from unittest.mock import patch

from devstack.system import SERVICES
from tests.sim.city.attacks import Attack
from tests.sim.engine.connection import Connection
from tests.sim.mutants import worlds

SOON, LATE, RARELY = (0.0, 0.003), (0.02, 0.15), 0.1
"""An answer is so many seconds on its way, and now and then so many."""
WORD_AHEAD: Final = 0.7
"""So many seconds after the server's last word its client learns of the end of the stream."""


def _last_word() -> bytes:
    fields = (b"SFATAL", b"VFATAL", b"C57P01", b"Mterminating connection due to administrator command")
    body = b"".join(field + b"\0" for field in fields) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


def _answers_take_their_time() -> AbstractContextManager[Any]:
    """A request is done when it is sent, and what it came to is on its way for a while, in which others go on.

    So transactions take unequal times and overlap; each request alone takes as long as ever.
    """
    deliver = Connection.deliver

    def later(self: Connection) -> None:
        loop = self.postgres.loop
        chance = Random(f"{loop.seed}/{loop.steps}/{self.number}")
        seconds = chance.uniform(*(LATE if chance.random() < RARELY else SOON))
        if self.over:
            deliver(self)
        else:
            loop.call_later(seconds, deliver, self, context=self._context.copy())

    return patch.object(Connection, "deliver", later)


@contextmanager
def two_workers_in_each_others_way() -> Iterator[None]:
    """Each service has two workers, whose transactions overlap."""
    with worlds.two_workers(), worlds.only("storm", "faults"), _answers_take_their_time():
        yield


def _idle_ones_hear_a_last_word() -> AbstractContextManager[Any]:
    """Of a connection that is cut while it is at rest the server takes leave, and its end is noticed a moment later."""
    break_off = Connection.break_off

    def with_a_word(self: Connection) -> None:
        if self.gone or self.frozen or not self.turn.at_rest or self.turn.idle_status != b"I":
            break_off(self)
            return
        self._context.run(self._protocol.data_received, _last_word())
        self.postgres.loop.call_later(WORD_AHEAD, break_off, self, context=self._context)

    return patch.object(Connection, "break_off", with_a_word)


@contextmanager
def the_server_says_a_last_word() -> Iterator[None]:
    """Every second the server ends the connections of a service, and says so to those that are at rest."""

    def ended(seed: int) -> list[Attack]:
        chance = Random(f"{seed}/ended")
        return [Attack(float(at), "cut", chance.choice(SERVICES), 0.0, 0) for at in range(1, 20)]

    with worlds.befallen(ended), _idle_ones_hear_a_last_word():
        yield
