"""`python -m bench.sms.lives PROTOCOL DSN URL SEED SHARE PROCESSES`: senders that die again and again, and are started again.

Modules are imported once; each life is a fork, so that a death costs no start of Python. It dies (`os._exit`, as a SIGKILL would
end it) at a share of the steps "claimed" and "posted", drawn from the seed: the same steps for every protocol. Ends with its
standard input.
"""

import asyncio
import os
import sys
from random import Random
from typing import Final

from bench.sms import peers
from services.kernel import checkpoints
from services.kernel.clock import SystemClock
from services.notifier.app import Notifier
from services.notifier.sending.gates.owner import proof_seconds
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault
from tests.kits.stack.databases import pool_in, worker
from tests.kits.stack.sending import KEY, VOICE
from tests.kits.stack.twilio import make_provider

OURS: Final = "ours"
DEATH: Final = 9
STEPS: Final = frozenset({"claimed", "posted"})
POST_SECONDS: Final = 1.0
PER_SECOND: Final = 200.0
QUIET_SECONDS: Final = 1.2
RESOLVE_SECONDS: Final = 0.2


async def send(protocol: str, dsn: str, url: str) -> None:
    """Send until cancelled."""
    provider, clock = make_provider(url, total_seconds=POST_SECONDS), SystemClock()
    pool = await pool_in(dsn, "notifier", most=12)
    if protocol != OURS:
        await peers.work(protocol, pool, provider)
        return
    ingest, vault = await worker(Notifier(VOICE), pool, clock), Vault.from_text(KEY)
    sender = Sender(
        ingest, pool, provider, vault, clock, per_second=PER_SECOND, at_once=8, proof=proof_seconds(QUIET_SECONDS)
    )
    pace = LookupPace.of(RESOLVE_SECONDS, QUIET_SECONDS)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.run(dsn))
        group.create_task(Resolver(sender, pool, provider, vault, clock, pace).run())


async def _until_input_ends(protocol: str, dsn: str, url: str) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: None if os.read(0, 1) else ended.set())
    sending = asyncio.create_task(send(protocol, dsn, url))
    await asyncio.wait((sending, asyncio.create_task(ended.wait())), return_when=asyncio.FIRST_COMPLETED)
    if not ended.is_set():
        await sending  # it failed: that is said
    os._exit(0)


def live(protocol: str, dsn: str, url: str, chance: Random, share: float) -> None:
    """One life, from which only an exit returns."""

    def step(name: str) -> None:
        if name in STEPS and chance.random() < share:
            os._exit(DEATH)

    checkpoints.install(step)
    asyncio.run(_until_input_ends(protocol, dsn, url))


def main() -> None:
    """Live and die, side by side; the last line on stdout says how often one died."""
    protocol, dsn, url, seed, share, processes = sys.argv[1:7]
    deaths, living = 0, set[int]()
    while True:
        while len(living) < int(processes):
            if (child := os.fork()) == 0:
                live(protocol, dsn, url, Random(f"{seed}/{deaths}/{len(living)}"), float(share))
            living.add(child)
        ended, status = os.wait()
        living.discard(ended)
        if os.waitstatus_to_exitcode(status) != DEATH:
            break
        deaths += 1
    for _ in living:
        os.wait()
    print(deaths, flush=True)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
