"""One seed: the system is told, beaten, left alone until it is quiet, and then judged by what the handsets hold."""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from devstack.system import SERVICES, System
from devstack.twilio.kept.phones import read_handsets
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import encode
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.clock import SystemClock
from tests.chaos.attacks import Attacker, Blow, schedule, small_disk
from tests.chaos.evidence import keep_tables
from tests.chaos.truth import KnownFact, Posted, doubled, last_words, number_of, stale
from tests.chaos.workload import facts, registry, sendings
from tests.kits.system.breakable import Told, faults_of, told

SOURCE = "/dispatch/storm"
GIVE_UP = timedelta(seconds=150)
TABLES = "tables"
"""How long the system may take to be quiet once it is left alone."""
DISK_MEGABYTES = 1500
AT_MOST = 3
"""Findings of one kind that are printed."""


@dataclass
class Result:
    """What a seed came to: `wrong` is empty when nothing was lost, doubled, stale or false."""

    seed: int
    facts: int = 0
    texts: int = 0
    stale: int = 0
    wrong: list[str] = field(default_factory=list)
    blows: list[Blow] = field(default_factory=list)

    @property
    def recoveries(self) -> list[float]:
        """Seconds until ready, of the attacks after which it became ready."""
        return [blow.recovered for blow in self.blows if blow.recovered is not None]

    def line(self) -> str:
        """One line for a table."""
        times = sorted(self.recoveries)
        middle = times[len(times) // 2] if times else 0.0
        worst = times[-1] if times else 0.0
        verdict = "ok" if not self.wrong else "WRONG " + "; ".join(self.wrong[:AT_MOST])
        return (
            f"seed {self.seed:>4}  facts {self.facts:>4}  attacks {len(self.blows):>2}  ready again {middle:5.1f} s, "
            f"worst {worst:5.1f} s  texts {self.texts:>4}  stale {self.stale}  {verdict}"
        )


class Storm:
    """Tells one seed's facts by both doors and keeps since when Kafka has each."""

    def __init__(self, system: System, seed: int, seconds: float) -> None:
        self._system = system
        self.clock = SystemClock()
        self.planned = facts(seed, seconds)
        self.known: dict[int, KnownFact] = {}
        self._producer = Producer(system.stack.kafka)

    async def tell(self) -> None:
        """Send everything at its time, each until a door has taken it."""
        loop = asyncio.get_running_loop()
        began, zero = self.clock.now(), loop.time()
        self.events = [self._event(index, began) for index in range(len(self.planned))]
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for at, index, door in sendings(self.planned):
                await asyncio.sleep(max(0.0, zero + at - loop.time()))
                group.create_task(self._send(session, index, door))
        await self._producer.stop()

    def _event(self, index: int, began: datetime) -> CloudEvent:
        one = self.planned[index]
        at = (began + timedelta(seconds=one.happens)).replace(microsecond=0) + timedelta(milliseconds=index % 1000)
        fact = one.make(at)
        return CloudEvent(source=SOURCE, id=f"{one.mrid}/{index}", type=TYPE_OF[type(fact)], time=at, data=fact)

    async def _send(self, session: aiohttp.ClientSession, index: int, door: str) -> None:
        wait, sent = 0.2, self.clock.now()
        while not await (self._http if door == "http" else self._kafka)(session, index):
            await asyncio.sleep(wait)
            wait = min(wait * 2, 2.0)
        fact: Any = self.events[index].data
        if index not in self.known:
            self.known[index] = KnownFact(self.clock.now(), fact, sent)

    async def _kafka(self, session: aiohttp.ClientSession, index: int) -> bool:
        del session
        message = to_kafka(self.events[index], dispatch.TOPIC)
        row = Produce(message.topic, message.key, message.value, message.headers, self.clock.now())
        with contextlib.suppress(Exception):
            async with asyncio.timeout(15):
                return all(await self._producer.send([row]))
        return False

    async def _http(self, session: aiohttp.ClientSession, index: int) -> bool:
        event = self.events[index]
        # As another system writes it: the offset in place of Z.
        body = {
            "specversion": "1.0",
            "id": event.id,
            "source": event.source,
            "type": event.type,
            "time": event.time.astimezone(UTC).isoformat(),
            "data": json.loads(encode(event.data).decode().replace('Z"', '+00:00"')),
        }
        headers = {
            "Authorization": f"Bearer {self._system.gateway_token}",
            "Content-Type": "application/cloudevents+json",
        }
        try:
            async with session.post(
                f"{self._system.gateway_url}/v1/events",
                data=json.dumps(body),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=10),
            ) as answer:
                return answer.status in (200, 202)
        except (OSError, aiohttp.ClientError, TimeoutError):
            return False


Look = Callable[[System, Told], Awaitable[None]]


async def play(seed: int, seconds: float, keep: Path | None, afterwards: Look | None = None) -> Result:
    """Play one seed on a system of its own; of one that went wrong, logs and findings are kept below `keep`.

    `afterwards`: what else is done with the system, once it is judged.
    """
    result = Result(seed)
    base = Path(tempfile.mkdtemp(prefix=f"outage-chaos-{seed}-"))
    try:
        async with small_disk(base / "disk", DISK_MEGABYTES) as full:
            folder = base / "disk" / "data"
            _elsewhere(folder / "twilio", base / "twilio")
            try:
                await _storm(result, folder, seconds, afterwards, full=full)
            except Exception as error:  # noqa: BLE001 - one seed that cannot be judged is wrong, and the others are still played
                result.wrong.append(f"it did not come through: {type(error).__name__}: {str(error)[:300]}")
            if result.wrong and keep is not None:
                await asyncio.to_thread(_keep, result, folder, keep / f"seed-{seed}")
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return result


def _elsewhere(place: Path, real: Path) -> None:
    """The provider's disk is not ours: it does not fill up with it."""
    real.mkdir(mode=0o700)
    place.parent.mkdir(mode=0o700, parents=True)
    place.symlink_to(real, target_is_directory=True)


async def _storm(result: Result, folder: Path, seconds: float, afterwards: Look | None, *, full: bool) -> None:
    async with System(folder) as system:
        attacker = Attacker(system, folder / "ballast" if full else None, result.blows)
        storm = Storm(system, result.seed, seconds)
        async with told(folder) as city:
            people = registry(city.clock.now())
            await city.register(people)
        result.facts = len(storm.planned)
        await asyncio.gather(storm.tell(), attacker.run(schedule(result.seed, seconds, full=full)))
        if not await attacker.ready():
            result.wrong.append("it was not ready again in the end")
        async with told(folder) as city:
            await _quiet(city)
            known = [*(KnownFact(one.customer.updated_at, one.customer) for one in people), *storm.known.values()]
            texts = await _texts(city, folder / "twilio")
            await _judge(result, city, known, texts)
            if result.wrong:
                await keep_tables(city.logs, folder / TABLES)
            if afterwards is not None:
                await afterwards(system, city)
        result.wrong += [f"never ready again after {blow.attack}" for blow in result.blows if blow.recovered is None]


async def _quiet(city: Told) -> None:
    """Until nothing is due any more, texts that wait for a settling time included."""
    until = city.clock.monotonic() + GIVE_UP.total_seconds()
    calm = 0
    while calm < 3:
        await city.idle.wait(max(1.0, until - city.clock.monotonic()))
        soon = await city.logs["notifier"].fetchval(
            "select count(*) from timer where due_at <= $1", city.clock.now() + timedelta(seconds=60)
        )
        ready = await city.logs["notifier"].fetchval(
            "select count(*) from notification where state in ('ready', 'sending', 'unknown')"
        )
        calm = 0 if (soon or ready) and city.clock.monotonic() < until else calm + 1
        await asyncio.sleep(1.0)


async def _texts(city: Told, twilio: Path) -> list[Posted]:
    """Every text that reached a handset, with what the log says it was."""
    rows = await city.logs["notifier"].fetch("select data from event where type = 'message.requested.v1'")
    said = {one["messageId"]: one for one in (json.loads(row["data"]) for row in rows)}
    found = []
    for text in await asyncio.to_thread(read_handsets, twilio):
        one = said[text.message_id or ""]
        unstable = one["templateId"].endswith("/unstable")
        template, body = one["templateId"], one["body"]
        found.append(
            Posted(
                text.wall,
                one["messageId"],
                number_of(one["customerId"]),
                one["trigger"],
                unstable,
                body=body,
                template=template,
            )
        )
    return found


async def _judge(result: Result, city: Told, known: Sequence[KnownFact], texts: Sequence[Posted]) -> None:
    result.texts = len(texts)
    old = [text for text in texts if stale(known, text)]
    result.stale = len(old)
    result.wrong += [f"stale: {text.trigger} to customer {text.customer} at {text.at:%H:%M:%S}" for text in old]
    result.wrong += doubled(texts)
    result.wrong += last_words(known, texts, city.clock.now())
    for name in SERVICES:
        kept = await city.logs[name].fetch("select reason, detail from quarantine where state = 'open'")
        result.wrong += [f"{name} set something valid aside: {row['reason']} {row['detail'][:200]}" for row in kept]
    taken = await city.logs["restorer"].fetchval("select count(*) from inbox where source = $1", SOURCE)
    if taken != result.facts:
        result.wrong.append(f"the restorer took {taken} of {result.facts} facts")
    found = faults_of(await city.audit())
    result.wrong += [f"audit: {claim}: {faults[:2]}" for claim, faults in found.items()]


def _keep(result: Result, folder: Path, to: Path) -> None:
    """What a person needs to see why: the findings, the attacks, every log, the handsets."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for path in [*folder.glob("*.log"), *(folder / "twilio").glob("*.jsonl")]:
        shutil.copy(path, to)
    if (folder / TABLES).exists():
        shutil.copytree(folder / TABLES, to / TABLES)
    lines = [result.line(), "", *result.wrong, ""]
    lines += [
        f"{blow.attack.at:6.1f} s  {blow.attack} for {blow.attack.seconds:.1f} s, ready again after {blow.recovered}"
        for blow in result.blows
    ]
    (to / "findings.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
