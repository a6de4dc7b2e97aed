"""Send as others do: check, send and try again whatever went wrong; or claim first and never send a second time.

The first is what GOV.UK Notify's and VA Notify's workers do (a queue with a visibility time, a state that is looked at, any
exception tried again at once and then later); the second is what a claim alone gives, as GoAlert's engine has it after a crash.
Both post through our own client, so that nothing but the protocol differs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.kernel.checkpoints import reach
from services.kernel.clock import SystemClock
from services.kernel.queries import queries
from services.notifier.domain.provider.port import Accepted, SendOutcome, SendRefused, SendRequest, SmsProvider

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "peers.sql")
CLOCK: Final = SystemClock()
AT_ONCE: Final = 8
# A message that nobody acknowledged is seen again after this; a text that failed is tried at once and then after that pause.
# In life they are 30 s or more, and 5 min: all times of the run are shortened alike.
VISIBLE: Final = timedelta(seconds=2.5)
AGAIN: Final = timedelta(seconds=1)
VALID_SECONDS: Final = 3600.0


async def _posted(provider: SmsProvider, row: Any) -> SendOutcome:
    reach("claimed")
    outcome = await provider.send(
        SendRequest(
            message_id=row["message_id"],
            attempt=row["attempts"],
            to=row["number"],
            body=row["body"],
            valid_seconds=VALID_SECONDS,
        )
    )
    reach("posted")
    return outcome


async def send_and_retry(pool: asyncpg.Pool, provider: SmsProvider) -> bool:
    """One text: received, sent, and tried again whatever went wrong."""
    row = await pool.fetchrow(SQL["receive"], CLOCK.wall(), CLOCK.wall() + VISIBLE)
    if row is None:
        return False
    if isinstance(await _posted(provider, row), Accepted):
        await pool.execute(SQL["over"], row["message_id"], "sent")
    else:
        pause = timedelta(0) if row["attempts"] == 1 else AGAIN
        await pool.execute(SQL["again"], row["message_id"], CLOCK.wall() + pause)
    return True


async def claim_never_resend(pool: asyncpg.Pool, provider: SmsProvider) -> bool:
    """One text: claimed, sent, and never sent again but where the provider itself said that it took nothing."""
    row = await pool.fetchrow(SQL["claim"], CLOCK.wall())
    if row is None:
        return False
    outcome = await _posted(provider, row)
    if isinstance(outcome, SendRefused):
        await pool.execute(SQL["again"], row["message_id"], CLOCK.wall() + AGAIN)
    else:
        await pool.execute(SQL["over"], row["message_id"], "sent" if isinstance(outcome, Accepted) else "failed")
    return True


PEERS: Final[Mapping[str, Callable[[asyncpg.Pool, SmsProvider], Awaitable[bool]]]] = {
    "send and retry": send_and_retry,
    "claim, never resend": claim_never_resend,
}


async def work(protocol: str, pool: asyncpg.Pool, provider: SmsProvider) -> None:
    """Send by a peer's protocol until cancelled."""
    one = PEERS[protocol]

    async def slot() -> None:
        while True:
            if not await one(pool, provider):
                await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(slot())
