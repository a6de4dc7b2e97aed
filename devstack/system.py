"""Run the whole product on one machine: servers, topics, schemas, the simulated providers of texts and every service."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Self

import aiohttp
import asyncpg

from devstack.board import BOARD, board_environment, board_token, put_utility
from devstack.private import put
from devstack.processes.supervisor import Child, ProgramNotStartedError
from devstack.servers.ports import PortBook
from devstack.servers.postgres import NO_DISK
from devstack.servers.prepared import Prepared
from devstack.servers.stack import Stack, TopicSpec, create_topics
from devstack.sms_gateway.local import GATEWAY, gateway_environment, put_countries
from devstack.twilio.config import SAMPLE_ACCOUNT, SAMPLE_SENDER, SAMPLE_TOKEN
from schemas.contracts.all_types import COMPACTED, TOPICS
from services.gateway.dispatch import taken, tokens
from services.kernel.adapters.connection import KnownTypes
from services.kernel.adapters.migrate import migrate
from services.kernel.running.boot import EX_CONFIG
from services.kernel.running.hooks_for_tests import MARK
from services.kernel.running.main import folders
from services.kernel.warp import clock_from
from services.readmodels.making import make_tables

SERVICES = ("planner", "restorer", "notifier")
TOKEN, TOKENS = "gateway.token", "gateway-tokens.toml"
# What the processes of a system import, those modules included that they or their libraries import only when used.
IMPORTS = (
    *("devstack.twilio.simulator", "services.gateway.app", *(f"services.{name}.app" for name in SERVICES)),
    *(
        "services.kernel.adapters.faust_shell",
        "faust.app.base",
        "faust.transport.drivers.aiokafka",
        "faust.tables.manager",
    ),
    *("holidays.countries", "twilio.rest.api.v2010"),
)
OWN = ("OUTAGE_TWILIO_", "OUTAGE_PUBLIC_", "OUTAGE_SMS_GATEWAY_", "OUTAGE_SMS_COUNTRIES")
PARTITIONS = 4
READY_SECONDS = 60.0


class SystemNotReady(Exception):
    """A part did not come up in time; the message names it and its log."""


class SystemMisconfigured(SystemNotReady):
    """A service refused its settings; the message is what it said."""


class System:
    """Async context manager. What dies is started again after `pause` seconds, unless it was `kill(…, again=False)`.

    `forked`: its processes are forked off one that has imported their modules, which saves nearly a second of processor
    time at each start. `prepared`: a new folder begins with a copy of what servers hold when tables and topics are made.
    `orderly` is devstack.servers.stack.Stack's. For tests, which start dozens; all else starts as a machine of production does.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        clock_file: Path | None = None,
        services: Sequence[str] = SERVICES,
        say: Callable[[str], None] = lambda _: None,
        environment: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] = MappingProxyType({}),
        pause: float = 0.5,
        forked: bool = False,
        prepared: Prepared | None = None,
        orderly: bool = True,
        sms_gateway: bool = False,
        board: bool = False,
    ) -> None:
        self.stack = Stack(
            folder,
            postgres_settings=postgres_settings,
            imports=IMPORTS if forked else (),
            begin=self._begin if prepared else None,
            orderly=orderly,
            on_progress=say,
        )
        self._prepared = prepared
        # Its processes, and who reads stack.json, may stand elsewhere.
        self.clock_file = clock_file.absolute() if clock_file is not None else None
        self.restarts: dict[str, int] = {}
        self.up = False
        self._services = (*services, BOARD) if board else tuple(services)
        self._simulators = ("twilio", GATEWAY) if sms_gateway else ("twilio",)
        self._say = say
        self._extra = dict(environment or {})
        self._pause = pause
        self._children: dict[str, Child] = {}
        self._closing = False
        self._held: set[str] = set()
        self._refused: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.stack)
        try:
            await self._prepare()
            for name in (*self._simulators, "gateway", *self._services):
                await self._start(name)
            await self.ready()
            self.up = True
        except BaseException:
            self._closing = True
            for task in self._tasks:
                task.cancel()
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await self._exits.aclose()

    @property
    def folder(self) -> Path:
        """Where data, logs and stack.json lie."""
        return self.stack.folder

    async def _prepare(self) -> None:
        ports = PortBook(self.folder)
        shown = ("board-public", "board-inner") if BOARD in self._services else ()
        names = (*self._simulators, "gateway", "gateway-health", *self._services, *shown)
        self.ports = {name: ports.take(name) for name in names}
        self.secrets = {name: _secret(self.folder / f"{name}.key") for name in ("vault", "index")}
        await _make(self.stack, self._say, warped=self.clock_file is not None)
        clock = clock_from(str(self.clock_file) if self.clock_file else None)
        for name in SERVICES:
            await make_tables(self.stack.postgres, name, clock)
        self.gateway_token = _gateway_token(self.folder)
        if self.board_url is not None:
            put_utility(self.folder, self.board_url)
            _admit(self.folder, board_token(self.folder))
        where = {
            "kafka": self.stack.kafka,
            "postgres": self.stack.postgres,
            "clock_file": str(self.clock_file) if self.clock_file else None,
            "twilio_url": self.twilio_url,
            "twilio_folder": str(self.folder / "twilio"),
            "sms_gateway_folder": str(self.folder / GATEWAY) if self.sms_gateway_url else None,
            "vault_key_file": "vault.key",
            "index_key_file": "index.key",
            "gateway_url": self.gateway_url,
            "gateway_token_file": TOKEN,
            "board_url": self.board_url,
            "partitions": PARTITIONS,
            "zone": self._extra.get("OUTAGE_ZONE"),
        }
        if self.sms_gateway_url is not None:
            put_countries(self.folder)
        put(self.folder / "stack.json", json.dumps(where, indent=1))

    @property
    def twilio_url(self) -> str:
        """Base address of the simulator."""
        return f"http://127.0.0.1:{self.ports['twilio']}"

    @property
    def sms_gateway_url(self) -> str | None:
        """Base address of the simulated second provider of texts, where it runs."""
        return f"http://127.0.0.1:{self.ports[GATEWAY]}" if GATEWAY in self.ports else None

    @property
    def gateway_url(self) -> str:
        """Base address of the gateway."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def board_url(self) -> str | None:
        """Address of the public board, where it runs."""
        return f"http://127.0.0.1:{self.ports['board-public']}" if "board-public" in self.ports else None

    def environment(self, name: str) -> dict[str, str]:
        """What a service is started with."""
        values = {
            MARK: "1",
            "OUTAGE_KAFKA": self.stack.kafka,
            "OUTAGE_POSTGRES": self.stack.postgres,
            "OUTAGE_POSTGRES_ROLE": f"outage_{name}",
            "OUTAGE_HTTP_PORT": str(self.ports["gateway-health" if name == "gateway" else name]),
            "OUTAGE_GATEWAY_PORT": str(self.ports["gateway"]),
            "OUTAGE_PARTITIONS": str(PARTITIONS),
            "OUTAGE_LOG_FORMAT": "json",
            "OUTAGE_INSTANCE": f"{name}-0",
            "OUTAGE_GATEWAY_TOKENS": str((self.folder / TOKENS).absolute()),
            "OUTAGE_PUBLIC_URL": self.gateway_url,
            "OUTAGE_VAULT_KEY": self.secrets["vault"],
            "OUTAGE_INDEX_KEY": self.secrets["index"],
            "OUTAGE_TWILIO_URL": self.twilio_url,
            "OUTAGE_TWILIO_ACCOUNT_SID": SAMPLE_ACCOUNT,
            "OUTAGE_TWILIO_AUTH_TOKEN": SAMPLE_TOKEN,
            "OUTAGE_TWILIO_FROM": SAMPLE_SENDER,
            "OUTAGE_SMS_PER_SECOND": "200",
            "OUTAGE_SMS_QUIET_SECONDS": "3",
            "OUTAGE_SMS_RESOLVE_SECONDS": "0.5",
        }
        if self.clock_file is not None:
            # A warped clock waits where it jumps until what is due there is found; another stands still for nobody.
            values |= {"OUTAGE_CLOCK_FILE": str(self.clock_file), "OUTAGE_POLL_SECONDS": "0.05"}
        if self.sms_gateway_url is not None:
            values |= gateway_environment(self.sms_gateway_url, self.folder)
        if name == BOARD:
            public, inner = self.ports["board-public"], self.ports["board-inner"]
            values |= board_environment(self.folder, public, inner, self.gateway_url)
        # A person's own settings of providers win: the same command then sends through Twilio itself, or their gateway.
        own = {key: value for key, value in os.environ.items() if key.startswith(OWN)}
        return values | own | self._extra

    async def _begin(self, folder: Path) -> None:
        if self._prepared is not None:
            warped = self.clock_file is not None
            await self._prepared.begin(folder, "warped" if warped else "plain", partial(_made_in, warped=warped))

    async def _start(self, name: str) -> None:
        self._children[name] = await self.stack.supervisor.start(
            name,
            [sys.executable, "-m", *self._command(name)],
            env=self.environment(name),
            log_file=self.folder / f"{name}.log",
            on_exit=lambda child: self._died(name, child),
        )

    def _command(self, name: str) -> list[str]:
        """The module of a service or of a simulator, with its words."""
        if name not in self._simulators:
            return [f"services.{name}"]
        words = ["--port", str(self.ports[name])]
        if self.clock_file is not None:
            words += ["--clock-file", str(self.clock_file)]
        if name == "twilio":
            inbound = f"{self.gateway_url}/twilio/inbound"
            return ["devstack.twilio", "--folder", str(self.folder / "twilio"), "--inbound-url", inbound, *words]
        return ["devstack.sms_gateway", "--folder", str(self.folder / GATEWAY), *words]

    def _died(self, name: str, child: Child) -> None:
        if self._closing or name in self._held:
            return
        # Settings or schema do not fit: starting it again cures nothing.
        if child.returncode == EX_CONFIG and not self.up:
            self._refused = name
            return
        self.restarts[name] = self.restarts.get(name, 0) + 1
        task = asyncio.get_running_loop().create_task(self._again(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, name: str) -> None:
        await asyncio.sleep(min(self._pause * self.restarts[name], 5.0))
        if not self._closing:
            # The warden may be gone meanwhile, and everything with it: then there is nobody to start anything.
            with contextlib.suppress(ProgramNotStartedError):
                await self._start(name)

    def kill(self, name: str, number: int) -> int:
        """Send a signal to a service; it comes back by itself. Returns the pid it had."""
        child = self._children[name]
        child.kill(number)
        return child.pid

    async def hold(self, name: str) -> None:
        """Stop a service and leave it down."""
        self._held.add(name)
        await self._children[name].stop()

    async def release(self, name: str) -> None:
        """Start a service that was held down."""
        self._held.discard(name)
        await self._start(name)

    async def ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until every service says that it is ready.

        Raises:
            SystemNotReady: one did not within `seconds`.
            SystemMisconfigured: one refuses its settings.

        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        async with aiohttp.ClientSession() as session:
            for name in (*self._services, "gateway"):
                while not await self._is_ready(session, name):
                    if self._refused is not None:
                        raise SystemMisconfigured(f"{self._refused} does not start:\n{self._tail(self._refused)}")
                    if loop.time() > until:
                        raise SystemNotReady(
                            f"{name} is not ready after {seconds:.0f} s; its log ends:\n{self._tail(name)}"
                        )
                    await asyncio.sleep(0.1)

    def _tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:].strip()

    async def _is_ready(self, session: aiohttp.ClientSession, name: str) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self.ports[name]}/healthz/ready") as answer:
                return answer.status == 200  # noqa: PLR2004 - HTTP OK
        except (OSError, aiohttp.ClientError):
            return False

    async def connect(self, service: str) -> asyncpg.Connection:
        """An administrator's connection that sees one service's schema."""
        return await asyncpg.connect(
            self.stack.postgres, connection_class=KnownTypes, server_settings={"search_path": service}
        )


async def _make(stack: Stack, say: Callable[[str], None], *, warped: bool) -> None:
    """Topics and tables, where they are missing. On a warped clock, records bear its time and not the broker's."""
    await create_topics(
        stack.kafka,
        {topic: TopicSpec(PARTITIONS, compacted=topic in COMPACTED, broker_time=not warped) for topic in TOPICS},
    )
    for name in SERVICES:
        if applied := await migrate(stack.postgres, name, folders(name)):
            say(f"database: schema {name} brought up by {len(applied)} migrations")
    await migrate(stack.postgres, taken.SCHEMA, taken.FOLDERS)


async def _made_in(folder: Path, *, warped: bool) -> None:
    """Servers of our own, with topics and tables, and ended again."""
    async with Stack(folder, postgres_settings=NO_DISK, environment={}) as stack:
        await _make(stack, lambda _: None, warped=warped)


def _secret(path: Path) -> str:
    """A key of this folder's own, made once: 32 random bytes in base64."""
    if not path.exists():
        put(path, b64encode(secrets.token_bytes(32)).decode())
    return path.read_text()


def _gateway_token(folder: Path) -> str:
    """A token of this folder's own for the gateway, made once: it may say everything for everybody."""
    token = folder / TOKEN
    if not token.exists():
        put(token, tokens.make())
    text = token.read_text()
    _admit(folder, tokens.Token("local", tokens.digest_of(text), (tokens.ANY,), frozenset({tokens.ANY}), rate=5_000))
    return text


def _admit(folder: Path, token: tokens.Token) -> None:
    """Put it into the file of tokens; what a person added there stays."""
    file = folder / TOKENS
    known = file.read_text() if file.exists() else ""
    if token.digest not in known:
        put(file, "\n".join(part for part in (known, tokens.entry(token)) if part))
