"""What a seed does to the running system while it works, and how long it then takes until all of it is ready again."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import asyncpg
import psutil

from devstack.processes.supervisor import Child
from devstack.system import SERVICES, System

PEOPLE = (*SERVICES, "gateway")
READY_WITHIN = 120.0


@dataclass(frozen=True, slots=True)
class Attack:
    """One blow: what, against whom, after how many seconds of the run, and for how long it lasts."""

    at: float
    kind: str
    target: str
    seconds: float

    def __str__(self) -> str:
        """As the table and the timeline name it."""
        return f"{self.kind} {self.target}".strip()


@dataclass
class Blow:
    """An attack that was made, and the seconds from its end until every service was ready; None if never."""

    attack: Attack
    recovered: float | None = None


def schedule(seed: int, seconds: float, *, full: bool) -> list[Attack]:
    """The attacks of a seed, one after the other; `full` allows filling the disk."""
    random = Random(f"attacks-{seed}")
    found: list[Attack] = []
    at = random.uniform(4, 8)
    while at < seconds - 3:
        kind = random.choice(_KINDS if full else [name for name in _KINDS if name != "full"])
        target = random.choice(_TARGETS.get(kind, ("",)))
        lasts = min(random.uniform(*_LASTS.get(kind, (0.0, 0.0))), seconds / 2)
        found.append(Attack(at, kind, target, lasts))
        at += lasts + random.uniform(4, 10)
    return found


_KINDS = (
    "kill",
    "kill",
    "kill",
    "freeze",
    "freeze",
    "twin",
    "server",
    "server",
    "frozen-server",
    "cut",
    "provider",
    "full",
)
_TARGETS: Mapping[str, tuple[str, ...]] = {
    "kill": PEOPLE,
    "freeze": (*SERVICES, "notifier"),
    "twin": SERVICES,
    "server": ("postgres", "kafka"),
    "frozen-server": ("postgres", "kafka"),
    "provider": ("5xx", "hang", "created-hang", "login"),
}
_LASTS: Mapping[str, tuple[float, float]] = {
    "freeze": (3, 25),
    "twin": (4, 10),
    "server": (0, 6),
    "frozen-server": (3, 12),
    "provider": (5, 12),
    "full": (4, 8),
}
_FAULTS: Mapping[str, list[dict[str, Any]]] = {
    "5xx": [{"kind": "5xx", "status": 503}],
    "hang": [{"kind": "hang", "rate": 0.3, "seconds": 4}],
    "created-hang": [{"kind": "created-hang", "rate": 0.2, "seconds": 4}],
    "login": [{"kind": "refuse", "code": 20003}],
}


@dataclass
class Attacker:
    """Carries attacks out against one system; `ballast` is a file that fills its disk, where it has one of its own."""

    system: System
    ballast: Path | None = None
    blows: list[Blow] = field(default_factory=list)

    async def run(self, attacks: list[Attack]) -> None:
        """Each attack at its time; returns when the system is ready after the last."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for attack in attacks:
            await asyncio.sleep(max(0.0, began + attack.at - loop.time()))
            blow = Blow(attack)
            self.blows.append(blow)
            await _ACTS[attack.kind](self, attack)
            ended = loop.time()
            if await self.ready():
                blow.recovered = loop.time() - ended

    async def ready(self) -> bool:
        """Wait until every service says it is ready, twice in a row: one look may see the moment before it notices."""
        loop = asyncio.get_running_loop()
        until, seen = loop.time() + READY_WITHIN, 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while loop.time() < until:
                looks = [await self._is_ready(session, name) for name in PEOPLE]
                seen = seen + 1 if all(looks) else 0
                if seen == 2:
                    return True
                await asyncio.sleep(0.2)
        return False

    async def _is_ready(self, session: aiohttp.ClientSession, name: str) -> bool:
        port = self.system.ports["gateway-health" if name == "gateway" else name]
        try:
            async with session.get(f"http://127.0.0.1:{port}/healthz/ready") as answer:
                return answer.status == 200
        except (OSError, aiohttp.ClientError, TimeoutError):
            return False

    def child(self, name: str) -> Child:
        """The process of a service."""
        return self.system._children[name]

    def server(self, name: str) -> Any:
        """The node of a server."""
        stack = self.system.stack
        return stack.postgres_node if name == "postgres" else stack.kafka_node


async def _kill(attacker: Attacker, attack: Attack) -> None:
    attacker.system.kill(attack.target, signal.SIGKILL)


async def _freeze(attacker: Attacker, attack: Attack) -> None:
    pid = attacker.system.kill(attack.target, signal.SIGSTOP)
    await asyncio.sleep(attack.seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


async def _twin(attacker: Attacker, attack: Attack) -> None:
    """A second worker under the same instance name, as a careless operator or a slow node starts it."""
    system, name = attacker.system, attack.target
    twin = await system.stack.supervisor.start(
        f"{name}-twin",
        [sys.executable, "-m", f"services.{name}"],
        env=system.environment(name) | {"OUTAGE_HTTP_PORT": "0"},
        log_file=system.folder / f"{name}-twin.log",
    )
    await asyncio.sleep(attack.seconds)
    if twin.running:
        twin.kill(signal.SIGKILL)
        await twin.wait()


async def _server(attacker: Attacker, attack: Attack) -> None:
    node = attacker.server(attack.target)
    await node.kill()
    await asyncio.sleep(attack.seconds)
    await node.start()


async def _frozen_server(attacker: Attacker, attack: Attack) -> None:
    root = psutil.Process(attacker.server(attack.target).child.pid)
    family = [root, *root.children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    await asyncio.sleep(attack.seconds)
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.resume()


async def _cut(attacker: Attacker, attack: Attack) -> None:
    del attack
    connection = await asyncpg.connect(attacker.system.stack.postgres)
    try:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'outage-%' and pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def _provider(attacker: Attacker, attack: Attack) -> None:
    url = f"{attacker.system.twilio_url}/_sim/faults"
    async with aiohttp.ClientSession() as session:
        await session.post(url, json=_FAULTS[attack.target])
        await asyncio.sleep(attack.seconds)
        await session.delete(url)


async def _full(attacker: Attacker, attack: Attack) -> None:
    """Nothing more fits on the disk of both servers; what dies of it is started again when there is room."""
    if attacker.ballast is None:
        return
    free = shutil.disk_usage(attacker.ballast.parent).free
    await asyncio.to_thread(_fill, attacker.ballast, free)
    await asyncio.sleep(attack.seconds)
    attacker.ballast.unlink()
    for name in ("postgres", "kafka"):
        node = attacker.server(name)
        if node.child is None or not node.child.running:
            await node.start()


def _fill(path: Path, free: int) -> None:
    with path.open("wb") as file, contextlib.suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, free - 64 * 1024))
    # Unbuffered: what a buffer held would find no room when the file is closed.
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while file.write(b"\0" * 65536):
            pass


_ACTS: Mapping[str, Callable[[Attacker, Attack], Awaitable[None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "twin": _twin,
    "server": _server,
    "frozen-server": _frozen_server,
    "cut": _cut,
    "provider": _provider,
    "full": _full,
}


@asynccontextmanager
async def small_disk(folder: Path, megabytes: int) -> AsyncIterator[bool]:
    """`folder` on a disk of its own that can be filled; false where this user may not mount one."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    mount = await asyncio.create_subprocess_exec(
        *("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    mounted = await mount.wait() == 0
    try:
        yield mounted
    finally:
        if mounted:
            end = await asyncio.create_subprocess_exec("umount", "-l", str(folder))
            await end.wait()
