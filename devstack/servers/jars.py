"""Fetch Kafka's jars once by exact coordinate, check them against devstack/kafka.lock, and put them in place whole.

jgo is asked for single files, never for a dependency tree: joining coordinates makes it mediate versions wrongly, and
the lock already says what Maven itself resolves.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).parents[1] / "kafka.lock"
_TRIES, _AT_ONCE = 3, 6

Progress = Callable[[str], None]
Download = Callable[["Jar", Path], Path]


class JarsUnavailableError(Exception):
    """The jars are not in the cache and could not be fetched."""


class JarRefusedError(Exception):
    """A fetched jar is not the one the lock names."""


@dataclass(frozen=True)
class Jar:
    """One line of the lock: lower-case hex sha256 and Maven coordinate."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def file_name(self) -> str:
        """Name inside the cache folder."""
        return f"{self.artifact}-{self.version}.jar"

    def is_in(self, folder: Path) -> bool:
        """Whether `folder` holds exactly this jar."""
        path = folder / self.file_name
        return path.is_file() and _sha256(path) == self.sha256


def read_lock(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """Every jar the broker needs, in class path order."""
    lines = (line.split("#")[0].split() for line in lock_file.read_text().splitlines())
    return [Jar(fields[0], *fields[1].split(":")) for fields in lines if fields]


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/outage-notice`, or `~/.cache/outage-notice`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "outage-notice"


def maven_download(jar: Jar, into: Path) -> Path:
    """One jar from Maven Central, or from the mirrors in the user's own jgo configuration, which are asked first."""
    from jgo.config import GlobalSettings  # noqa: PLC0415  half a second of imports that a warm start does without
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    remotes = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    maven = MavenContext(repo_cache=into, remote_repos=remotes, timeout=30)
    artifact = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    if artifact.cached_path is not None:
        artifact.cached_path.unlink(missing_ok=True)  # half a file of a failed try counts as present to jgo
    return artifact.resolve()


async def kafka_jars(
    on_progress: Progress = lambda _: None,
    *,
    cache: Path | None = None,
    lock_file: Path = LOCK_FILE,
    download: Download = maven_download,
) -> list[Path]:
    """Paths of all jars, verified now; fetches what is missing or altered (44 MB, once).

    Any number of processes may call this at once. Raises JarsUnavailableError and JarRefusedError.
    """
    given_up = threading.Event()
    try:
        return await asyncio.to_thread(
            _ensure, cache or default_cache(), read_lock(lock_file), on_progress, download, given_up
        )
    finally:
        given_up.set()  # on cancellation the thread ends after the files under way


def _ensure(
    cache: Path, jars: list[Jar], on_progress: Progress, download: Download, given_up: threading.Event
) -> list[Path]:
    place = cache / f"kafka-{KAFKA_VERSION}"
    if not all(jar.is_in(place) for jar in jars):
        cache.mkdir(parents=True, exist_ok=True)
        with _alone(cache / f"{place.name}.lock", on_progress, given_up):
            missing = [jar for jar in jars if not jar.is_in(place)]  # another process may have fetched them meanwhile
            if missing:
                _fill(place, jars, missing, on_progress, download, given_up)
    return [place / jar.file_name for jar in jars]


def _fill(
    place: Path,
    jars: list[Jar],
    missing: list[Jar],
    on_progress: Progress,
    download: Download,
    given_up: threading.Event,
) -> None:
    with tempfile.TemporaryDirectory(prefix=f"{place.name}.", dir=place.parent) as temporary:
        fresh = Path(temporary) / "jars"
        fresh.mkdir()
        for jar in jars:
            if jar not in missing:
                shutil.copy2(place / jar.file_name, fresh)
        if fresh_start := not place.exists():
            on_progress(f"Kafka {KAFKA_VERSION}: fetching {len(missing)} jars, once, into {place}")
        else:
            on_progress(f"Kafka {KAFKA_VERSION}: fetching {len(missing)} jars that are missing or differ from the lock")
        _fetch(missing, fresh, Path(temporary), on_progress, download, given_up)
        # A broker that runs on the old files keeps them open; nobody ever sees half a folder.
        if not fresh_start:
            place.rename(Path(temporary) / "old")
        fresh.rename(place)


def _fetch(
    missing: list[Jar], fresh: Path, scratch: Path, on_progress: Progress, download: Download, given_up: threading.Event
) -> None:
    def one(jar: Jar) -> Jar:
        path = _persistently(jar, scratch / "repository", download, given_up)
        found = _sha256(path)
        if found != jar.sha256:
            given_up.set()
            raise JarRefusedError(
                f"{jar.file_name} was refused: its sha256 is {found}, but the lock (devstack/kafka.lock) says "
                f"{jar.sha256}. Nothing was installed. If you use a mirror, look at what it serves; if you changed the "
                "lock, check the line."
            )
        path.replace(fresh / jar.file_name)
        return jar

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="jars")
    try:
        for done, future in enumerate(as_completed([pool.submit(one, jar) for jar in missing]), start=1):
            on_progress(f"Kafka {KAFKA_VERSION}: {done:2d} of {len(missing)} jars, {future.result().file_name}")
    finally:
        given_up.set()
        pool.shutdown(cancel_futures=True)


def _persistently(jar: Jar, repository: Path, download: Download, given_up: threading.Event) -> Path:
    reason: Exception | None = None
    for attempt in range(_TRIES):
        if given_up.wait(attempt):
            break
        try:
            return download(jar, repository)
        except (OSError, RuntimeError) as problem:  # requests' errors are OSErrors, jgo's own are RuntimeErrors
            reason = problem
    raise JarsUnavailableError(
        f"{jar.file_name} could not be fetched ({reason or 'given up'}). Kafka's jars come from Maven Central, once. "
        "Check the network or proxy (HTTPS_PROXY), or name a mirror under [repositories] in ~/.config/jgo.conf, and "
        "run the same command again; or set OUTAGE_KAFKA to the address of a broker of your own."
    )


@contextlib.contextmanager
def _alone(lock_file: Path, on_progress: Progress, given_up: threading.Event) -> Iterator[None]:
    """One process at a time; the kernel gives the lock back when its holder dies."""
    with lock_file.open("w") as lock:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    on_progress(f"Kafka {KAFKA_VERSION}: another process is fetching the jars, waiting for it")
                    told = True
                if given_up.wait(0.2):
                    raise JarsUnavailableError("Waiting for the jars was cancelled.") from None
        yield


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
