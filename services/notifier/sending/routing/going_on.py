"""Let critical texts go on by another provider where one has said nothing for too long: the policy's rule, off by default.

It is the one case in which a text may knowingly go twice. The conversation records it (`text.goes-on.v1`) in the transaction that
frees the text; the provider that may have it is asked once more, and a second message is known and a task, as any double is.
"""

from datetime import timedelta

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.events import SendingGoesOn
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.routing.router import SQL, Router

log = structlog.get_logger()


class GoingOn:
    """`after`: for so long nothing was heard; `policy`: whose rule it is; `again`: when the silent one is asked once more."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        recorder: Recorder,
        router: Router,
        *,
        after: timedelta,
        again: timedelta,
        policy: str,
        every_seconds: float = 5.0,
    ) -> None:
        self._pool, self._clock, self._recorder, self._router = pool, clock, recorder, router
        self._after, self._again, self._policy, self._every = after, again, policy, every_seconds

    async def run(self) -> None:
        """Look until cancelled."""
        await every(self._every, self._turn, cures=DATABASE, waits="texts of which nothing is heard wait")

    async def _turn(self) -> None:
        wall = self._clock.wall()
        for row in await self._pool.fetch(SQL["long_unknown"], wall - self._after, self._clock.now()):
            if not await self._router.may_go_on(row["provider"], row["country"]):
                continue
            said = SendingGoesOn(
                message_id=row["message_id"],
                customer_id=row["customer_id"],
                attempt=row["n"],
                provider=row["provider"],
                unknown_since=row["closed_at"],
                after_minutes=self._after / timedelta(minutes=1),
                policy=self._policy or None,
                look_again_at=wall + self._again,
                at=self._clock.now(),
            )
            then = await self._recorder.say(said, f"{said.message_id}/{said.attempt}/goes-on")
            reach("gone-on")
            log.warning(
                "a text goes by another provider, by the policy's rule: it may arrive twice",
                message_id=said.message_id, attempt=said.attempt, provider=said.provider, then=then,
            )  # fmt: skip
