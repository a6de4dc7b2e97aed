"""A sender of the release before, at work beside this code's: run with its code and test kits on the path, DSN URL STEP HOW.

STEP `never` does not come: it sends, and looks up what is in doubt, until it is killed. `claimed:3`: SIGKILL at the third passing
of that step. `looks-up`: it has the right to send, and sends nothing. Everything here is imported from that release, so nothing may
be used that it did not have.
"""

import asyncio
import contextlib
import sys
from datetime import timedelta

from services.kernel import checkpoints
from services.kernel.clock import SystemClock
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault
from tests.kits.stack.sending import KEY, POST_SECONDS, PROOF, _tools
from tests.kits.stack.twilio import make_provider

PER_SECOND = 10.0
AT_ONCE = 2
PACE = LookupPace(timedelta(seconds=0.05), timedelta(seconds=1), timedelta(minutes=10))


async def main(dsn: str, url: str, step: str) -> None:
    """Until it is killed."""
    if ":" in step:
        checkpoints.die_at(step)
    async with contextlib.AsyncExitStack() as exits:
        clock, vault = SystemClock(), Vault.from_text(KEY)
        pool, ingest = await _tools(dsn, clock, exits)
        provider = make_provider(url, total_seconds=POST_SECONDS)
        exits.push_async_callback(provider.close)
        sender = Sender(ingest, pool, provider, vault, clock, per_second=PER_SECOND, at_once=AT_ONCE, proof=PROOF)
        works = sender._lock.run(dsn) if step == "looks-up" else sender.run(dsn)
        await asyncio.gather(works, Resolver(sender, pool, provider, vault, clock, PACE).run())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
