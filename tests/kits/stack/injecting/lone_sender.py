"""Run a sender in a process of its own that stops, or ends, at a step: `python -m …injecting.lone_sender DSN URL STEP HOW`.

HOW: `stops` (SIGSTOP) or `exits` (nothing is closed, as by SIGKILL) once the step is passed. The step `never` does not
come: that one sends until SIGTERM, on which it goes as a service does. `claimed:3` is the third passing of a step, and SIGKILL.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from services.kernel import checkpoints
from services.kernel.clock import SystemClock
from services.notifier.app import Notifier
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault
from tests.kits.stack import sending
from tests.kits.stack.databases import pool_in, worker
from tests.kits.stack.sending import Office
from tests.kits.stack.twilio import make_provider

ROOT = Path(__file__).parents[4]
EXITED = 9
SECONDS = 30
Lone = Callable[..., Awaitable[psutil.Popen]]
"""Starts one: `await lone(step, how)` returns when it stands there, or is gone; of `never`, at once."""

OTHERS_SESSIONS = (
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
)
OWNERS = OTHERS_SESSIONS + " and starts_with(application_name, 'outage-notifier-owner')"


async def end_owners(office: Office, but: int | None = None) -> None:
    """Cut the owners' connections, as a server that fails over does; not that of the sender with number `but`."""
    name = await office.pool.fetchval("select current_database()")
    held = "select pid from pg_locks where locktype = 'advisory' and ((classid::bigint << 32) | objid::bigint)"
    spared = "" if but is None else f" and pid not in ({held} = {but})"
    await office.pool.fetch(OWNERS + spared, name)


@contextmanager
def lone_senders(
    office: Office, code: Path = ROOT, program: str | Path = "tests.kits.stack.injecting.lone_sender"
) -> Iterator[Lone]:
    """Starts senders beside an office, by the code that lies in a folder; none is left afterwards. `program`: module or file."""
    started: list[psutil.Popen] = []

    async def start(step: str, how: str = "stops", wait: Callable[[], Any] | None = None) -> psutil.Popen:
        named = [str(program)] if isinstance(program, Path) else ["-m", program]
        command = [sys.executable, *named, office.dsn, office.sim.url, step, how]
        environment = os.environ | {"PYTHONPATH": str(code)}
        with (office.folder / f"lone-{code.name}-{len(started)}.log").open("wb") as said:
            process = psutil.Popen(command, cwd=code, stdout=said, stderr=said, env=environment)
        started.append(process)
        if step == "never" and wait is None:
            return process
        await _come(process, how, wait)
        return process

    try:
        yield start
    finally:
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            process.wait(10)
        for said in sorted(office.folder.glob("lone-*.log")):
            sys.stdout.write(f"{said.name}:\n{said.read_text(errors='replace')}\n")


async def _come(process: psutil.Popen, how: str, wait: Callable[[], Any] | None) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            if wait is not None and wait():
                return
            if how == "exits" and process.poll() is not None:
                assert process.returncode == EXITED, f"it ended by itself: {process.returncode}"
                return
            if how == "stops" and wait is None:
                assert process.poll() is None, "the sender ended"
                if process.status() == psutil.STATUS_STOPPED:
                    return
            await asyncio.sleep(0.02)


async def _run(dsn: str, url: str, step: str, how: str) -> None:
    def reached(name: str) -> None:
        if name != step:
            return
        checkpoints.install(None)
        if how == "exits":
            os._exit(EXITED)
        os.kill(os.getpid(), signal.SIGSTOP)

    checkpoints.install(reached)
    if ":" in step:
        checkpoints.die_at(step)
    async with contextlib.AsyncExitStack() as exits:
        clock = SystemClock()
        pool: asyncpg.Pool = await pool_in(dsn, "notifier", most=10)
        exits.push_async_callback(pool.close)
        ingest = await worker(Notifier(sending.VOICE, telling=sending.PROMPT), pool, clock)
        provider, vault = make_provider(url, total_seconds=sending.POST_SECONDS), Vault.from_text(sending.KEY)
        exits.push_async_callback(provider.close)
        sender = Sender(ingest, pool, provider, vault, clock, per_second=200.0, proof=sending.PROOF)
        pace = LookupPace(timedelta(seconds=0.05), timedelta(seconds=2), timedelta(minutes=10))
        resolver = Resolver(sender, pool, provider, vault, clock, pace)
        works = [asyncio.create_task(sender.run(dsn)), asyncio.create_task(resolver.run())]
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _go, works)
        await asyncio.gather(*works, return_exceptions=True)


def _go(works: list[asyncio.Task[None]]) -> None:
    for work in works:
        work.cancel()


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:5]))
