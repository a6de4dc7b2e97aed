"""Kafka's jars come once, are what the lock says, and never stand there half."""

import asyncio
import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.servers.jars import JarRefusedError, JarsUnavailableError, kafka_jars, read_lock

NAMES = ("first", "second", "third")


@dataclass
class Mirror:
    """A Maven repository with three small jars on loopback, the lock that fits it, and what it was asked for."""

    root: Path
    lock: Path
    asked: list[str]

    def jar(self, name: str) -> Path:
        return self.root / "org" / "example" / name / "1.0" / f"{name}-1.0.jar"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    made = Mirror(tmp_path / "mirror", tmp_path / "kafka.lock", [])
    lines = ["# three jars"]
    for name in NAMES:
        made.jar(name).parent.mkdir(parents=True)
        made.jar(name).write_bytes(name.encode() * 1000)
        lines.append(f"{hashlib.sha256(name.encode() * 1000).hexdigest()}  org.example:{name}:1.0")
    made.lock.write_text("\n".join(lines))

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            if self.path.endswith(".jar"):
                made.asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(made.root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    configuration = tmp_path / "jgo.conf"
    configuration.write_text(f"[repositories]\nmine = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing answers there: Maven Central is out of reach
    yield made
    server.shutdown()
    server.server_close()


def test_the_committed_lock_names_jars_by_sum_and_coordinate_and_no_address() -> None:
    jars = read_lock()
    assert len(jars) == 46
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert {"kafka_2.13-4.3.1.jar", "log4j-slf4j-impl-2.25.4.jar"} <= {jar.file_name for jar in jars}
    assert len({jar.file_name for jar in jars}) == len(jars)


async def test_jars_are_fetched_once_and_then_only_checked(mirror: Mirror, tmp_path: Path) -> None:
    said: list[str] = []
    first = await kafka_jars(said.append, cache=tmp_path / "cache", lock_file=mirror.lock)
    assert [path.read_bytes()[:5] for path in first] == [b"first", b"secon", b"third"]
    assert "fetching 3 jars" in said[0]
    assert "3 of 3" in said[-1]
    said.clear()
    assert await kafka_jars(said.append, cache=tmp_path / "cache", lock_file=mirror.lock) == first
    assert said == []
    assert len(mirror.asked) == 3


async def test_a_jar_with_another_sum_is_refused_and_nothing_is_installed(mirror: Mirror, tmp_path: Path) -> None:
    mirror.jar("second").write_bytes(b"not what was locked")
    with pytest.raises(
        JarRefusedError, match=r"second-1\.0\.jar was refused: its sha256 is [0-9a-f]{64}, but the lock"
    ):
        await kafka_jars(cache=tmp_path / "cache", lock_file=mirror.lock)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["kafka-4.3.1.lock"]


async def test_a_jar_altered_in_the_cache_is_fetched_anew_and_the_others_are_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    jars = await kafka_jars(cache=tmp_path / "cache", lock_file=mirror.lock)
    jars[2].write_bytes(b"altered")
    mirror.asked.clear()
    said: list[str] = []
    await kafka_jars(said.append, cache=tmp_path / "cache", lock_file=mirror.lock)
    assert jars[2].read_bytes().startswith(b"third")
    assert mirror.asked == ["/org/example/third/1.0/third-1.0.jar"]
    assert "1 jars that are missing or differ" in said[0]


async def test_two_at_once_fetch_each_jar_once(mirror: Mirror, tmp_path: Path) -> None:
    fetch = functools.partial(kafka_jars, cache=tmp_path / "cache", lock_file=mirror.lock)
    one, other = await asyncio.gather(fetch(), fetch())
    assert one == other
    assert len(mirror.asked) == 3


async def test_with_no_index_in_reach_the_error_says_what_to_do(mirror: Mirror, tmp_path: Path) -> None:
    for name in NAMES:
        mirror.jar(name).unlink()
    with pytest.raises(JarsUnavailableError, match=r"could not be fetched .*HTTPS_PROXY.*mirror.*OUTAGE_KAFKA"):
        await kafka_jars(cache=tmp_path / "cache", lock_file=mirror.lock)
