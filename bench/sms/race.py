"""One set of texts, sent by each protocol through the same faults and crashes: how many came twice, and how many never."""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.sms.lives import OURS, POST_SECONDS
from bench.sms.peers import PEERS, SQL
from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault
from devstack.twilio.simulator import TwilioSimulator
from services.kernel.clock import SystemClock
from tests.kits.stack.sending import Office, office

PROTOCOLS: Final = (OURS, *PEERS)
PROCESSES: Final = 2
LIST_LAG_SECONDS: Final = 0.2
# Of a hundred posts so many go wrong, each in its way; the same text meets the same faults in every run of a seed.
FAULTS: Final = (
    Fault(kind="created-hang", rate=0.08, seconds=2 * POST_SECONDS),
    Fault(kind="created-5xx", rate=0.05),
    Fault(kind="created-drop", rate=0.05),
    Fault(kind="throttle", rate=0.08, seconds=1.0),
    Fault(kind="5xx", rate=0.05, status=503),
    Fault(kind="hang", rate=0.05),
    Fault(kind="drop", rate=0.04),
)
LOOK_SECONDS: Final = 0.25
Text = tuple[str, str, str]
"""Message id, number, body."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the texts of one run."""

    protocol: str
    texts: int
    crashes: int
    posts: int
    doubled: int
    """Texts that a handset holds more than once."""
    extra: int
    """Texts on handsets that nobody needed."""
    lost: int
    """Texts that no handset ever had."""
    seconds: float


async def texts_of(place: Office, count: int) -> Sequence[Text]:
    """So many customers whose power goes off; the texts that tell them so."""
    for _ in range(count):
        await place.text()
    rows = await place.pool.fetch("select message_id, customer_id, body from notification order by customer_id")
    return [(row["message_id"], place.number_of(int(row["customer_id"][3:])), row["body"]) for row in rows]


async def run(
    place: Office, texts: Sequence[Text], protocol: str, *, seed: int, crash_share: float, patience: float
) -> Outcome:
    """Send the texts by a protocol, through a provider of its own, until nobody sends any more.

    Raises:
        SystemExit: that did not come within `patience` seconds, or a sender failed.

    """
    if protocol != OURS:
        await place.pool.execute(SQL["clear"])
        await place.pool.execute(SQL["put"], *map(list, zip(*texts, strict=True)), SystemClock().wall())
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as folder:
        async with _provider(Path(folder) / "provider", seed) as sim:
            began = perf_counter()
            async with _senders(protocol, place.dsn, sim.url, seed, crash_share) as senders:
                await _settled(place, protocol, patience)
                seconds = perf_counter() - began
            crashes = await _deaths(senders)
            await sim.account.delivery.settled()
            held = Counter(text.message_id for text in sim.texts())
            posts = len(sim.account.book.posts)
    return Outcome(
        protocol=protocol,
        texts=len(texts),
        crashes=crashes,
        posts=posts,
        doubled=sum(times > 1 for times in held.values()),
        extra=sum(times - 1 for times in held.values()),
        lost=sum(message_id not in held for message_id, _, _ in texts),
        seconds=seconds,
    )


@asynccontextmanager
async def _provider(folder: Path, seed: int) -> AsyncIterator[TwilioSimulator]:
    settings = SimulatorSettings(
        send_seconds=0.01, deliver_seconds=0.02, list_lag_seconds=LIST_LAG_SECONDS, seed=seed, segments_per_second=5000
    )
    async with TwilioSimulator(folder, SystemClock(), settings=settings) as sim:
        sim.break_things(*FAULTS)
        yield sim


@asynccontextmanager
async def _senders(protocol: str, dsn: str, url: str, seed: int, share: float) -> AsyncIterator[Any]:
    """Processes that die and come back; they end with their standard input."""
    pipe = asyncio.subprocess.PIPE
    given = (protocol, dsn, url, str(seed), str(share), str(PROCESSES))
    words = (sys.executable, "-m", "bench.sms.lives", *given)
    started = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.stdin.close()  # type: ignore[union-attr]
        await started.wait()


async def _deaths(process: Any) -> int:
    said = (await process.stdout.read()).decode().split()
    if process.returncode or not said:
        raise SystemExit(f"a sender failed: exit code {process.returncode}")
    return int(said[-1])


async def _settled(place: Office, protocol: str, patience: float) -> None:
    """Until no text waits, and none is on its way."""
    ours = "select count(*) from notification where state in ('ready', 'sending', 'unknown')"
    until = perf_counter() + patience
    quiet = 0
    while quiet < 3:
        left = await place.pool.fetchval(ours if protocol == OURS else SQL["left"])
        quiet = 0 if left else quiet + 1
        if perf_counter() > until:
            raise SystemExit(f"{left} texts were not settled within {patience:.0f} s by: {protocol}")
        await asyncio.sleep(LOOK_SECONDS)


async def race(
    postgres: str, count: int, *, seed: int = 1, crash_share: float = 0.03, patience: float = 600.0
) -> list[Outcome]:
    """Every protocol, one after the other."""
    how: dict[str, Any] = {"seed": seed, "crash_share": crash_share, "patience": patience}
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as folder:
        async with office(postgres, Path(folder)) as place:
            texts = await texts_of(place, count)
            await place.pool.execute(SQL["table"])
            return [await run(place, texts, protocol, **how) for protocol in PROTOCOLS]


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """For a person."""
    head = f"{'protocol':22}{'texts':>7}{'crashes':>9}{'posts':>7}{'doubled':>9}{'extra':>7}{'lost':>6}{'seconds':>9}"
    rows = [
        f"{one.protocol:22}{one.texts:7}{one.crashes:9}{one.posts:7}{one.doubled:9}{one.extra:7}{one.lost:6}{one.seconds:9.1f}"
        for one in outcomes
    ]
    return [head, *rows]


def reached(outcomes: Sequence[Outcome]) -> list[str]:
    """What was to be reached and was not: ours doubles none and loses none."""
    return [
        f"ours doubled {one.doubled}, lost {one.lost}"
        for one in outcomes
        if one.protocol == OURS and one.doubled + one.lost
    ]


def figures(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """For a file."""
    return [asdict(one) for one in outcomes]
