"""Own the right to post: a number that only this process holds, as an advisory lock on a connection of its own.

While the lock stands, others leave this process's attempts alone, however long it is stopped. Once it is free, they look
them up, wait for the quiet time and send again; so whoever lost it may write nothing any more. What is lost is not taken
again: a new number is, and the old one's open attempts are anybody's to resolve.
"""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every

log = structlog.get_logger()

# A connection that has not answered for so long may be gone without our having heard of it; nothing is written then. With
# the ten seconds a request may last this stays far below the quiet time (60 s), after which somebody else may send.
PROOF_SECONDS: Final = 5.0
LEAST_PROOF_SECONDS: Final = 0.5
# By another name than that of the version before pods know each other (older_pods.py).
SESSION: Final = "outage-notifier-owner-2"
ANSWER_SECONDS: Final = 5.0
# The connection is asked so often within what an answer vouches for: while posts are under way, and while there are none.
BUSY_ASKS: Final = 5
REST_ASKS: Final = 2
AGAIN_SECONDS: Final = 1.0


def proof_seconds(quiet_seconds: float) -> float:
    """How old the last proof may be where others wait `quiet_seconds` before they send what was ours."""
    return min(PROOF_SECONDS, max(LEAST_PROOF_SECONDS, quiet_seconds / 4))


class OwnerLock:
    """Holds a number while `run` runs. `lost` is called at once, within the loop, when the lock is gone.

    `busy`: whether posts are under way. `proof`: seconds that an answer on the lock's connection vouches for.
    """

    def __init__(self, clock: Clock, lost: Callable[[], None], busy: Callable[[], bool], proof: float) -> None:
        self._clock = clock
        self._busy = busy
        self._lost = lost
        self._proof = proof
        self._held = False
        self._proven = 0.0
        self._losses = 0
        self.number = secrets.randbits(63)

    def stands(self) -> bool:
        """Whether the lock is held, as far as a recent answer on its connection proves it.

        A process that was stopped and goes on again finds this false, whatever it was about to do.
        """
        return self._held and self._clock.monotonic() - self._proven <= self._proof

    async def run(self, dsn: str) -> None:
        """Hold a lock until cancelled; through outages of PostgreSQL, each time with a new number."""
        waits = "the owner lock waits for the database"
        await every(AGAIN_SECONDS, lambda: self._hold(dsn), cures=DATABASE, waits=waits)

    async def _hold(self, dsn: str) -> None:
        words = {"application_name": SESSION}
        connection = await asyncpg.connect(dsn, server_settings=words, timeout=2 * ANSWER_SECONDS)
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: self._let_go(ended))
            asked = self._clock.monotonic()
            await connection.execute("select pg_advisory_lock($1)", self.number, timeout=ANSWER_SECONDS)
            self._held, self._proven = True, asked
            if self._losses:
                log.warning("this process may send again", owner=self.number, losses=self._losses)
            while not ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._proof / (BUSY_ASKS if self._busy() else REST_ASKS)):
                        await ended.wait()
                if not ended.is_set():
                    asked = self._clock.monotonic()
                    await connection.execute("select 1", timeout=ANSWER_SECONDS)
                    self._proven = asked
        except asyncio.CancelledError:
            self._held = False  # given back in order: whoever cancels this has ended its posts before
            raise
        finally:
            self._let_go(ended)
            connection.terminate()

    def _let_go(self, ended: asyncio.Event) -> None:
        ended.set()
        if self._held:
            self._held = False
            self._losses += 1
            log.critical("the owner lock is gone: posts under way are called back", owner=self.number)
            self.number = secrets.randbits(63)
            self._lost()
