"""Worlds in which the way to the database is another: answers that take their time, a server that says a last word."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from random import Random
from typing import Any, Final
from unittest.mock import patch

from devstack.system import SERVICES
from schemas.contracts import dispatch
from tests.sim.city.breaking.attacks import Attack
from tests.sim.city.plan import town
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.teller import Teller, at
from tests.sim.engine.connection import Connection
from tests.sim.mutants import stories, worlds

SOON, LATE, RARELY = (0.0, 0.01), (0.05, 0.3), 0.1
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


def _often_changed(teller: Teller, here: town.Town) -> Sequence[Act]:
    """All lines are off, and again and again another time is named at which power is to be back."""
    for line in here.lines:
        mrid, begins = teller.mrid("Y"), teller.random.uniform(0, 1)
        teller.off(mrid, begins, here.whole(line), late=0.0)
        for number in range(1, 9):
            happens = begins + 1.7 * number
            expected = at(happens) + timedelta(hours=number)
            teller.say(happens, dispatch.ErtChanged(mrid=mrid, changed_at=at(happens), ert=expected), 0.0)
        teller.back(mrid, begins + 15, late=0.0)
    return teller.told


@contextmanager
def two_workers_in_each_others_way() -> Iterator[None]:
    """Each service has two workers, whose transactions overlap."""
    with (
        worlds.two_workers(),
        worlds.only("storm", "faults"),
        patch.object(town, "LARGE", 1.0),
        _answers_take_their_time(),
    ):
        yield


@contextmanager
def two_workers_at_one_customer() -> Iterator[None]:
    """Each service has two workers, whose transactions overlap and are of the same customers: words to them, and receipts."""
    with worlds.two_workers(), stories.story(_often_changed), _answers_take_their_time():
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
    """Every second the server ends the connections of each service, and says so to those that are at rest."""

    def ended(seed: int) -> list[Attack]:
        chance = Random(f"{seed}/ended")
        blows = [Attack(second + chance.random(), "cut", name, 0.0, 0) for second in range(1, 20) for name in SERVICES]
        return sorted(blows, key=lambda blow: blow.at)

    with worlds.befallen(ended), _idle_ones_hear_a_last_word():
        yield
