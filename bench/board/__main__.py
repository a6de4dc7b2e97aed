"""The public board beside bare Starlette, in turns in one run; then a storm at a fixed rate, with a new snapshot every ten seconds.

`python -m bench.board [--outages 5000] [--rounds 5] [--seconds 3] [--rate 278] [--hold 60]`; `--fronts 2`: so many front processes.
Client and server share the machine: read ratios, and the rates as what is left of two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil

from bench.board.client import Figures, ask, at_rate, request, saturate
from devstack.servers.ports import free_port

GZIP = ("Accept-Encoding: gzip",)
CONNECTIONS = 32
PAGE = "/"
PLACE = "第42区域"


def cases(port: int) -> dict[str, bytes]:
    """What is asked of the front."""
    etag = next(
        line.partition(b": ")[2].decode()
        for line in ask(port, request(PAGE)).split(b"\r\n")
        if line.lower().startswith(b"etag:")
    )
    return {
        "page": request(PAGE),
        "page, gzip": request(PAGE, headers=GZIP),
        "page, 304": request(PAGE, headers=(f"If-None-Match: {etag}",)),
        "look-up, found": request(f"/off?q={quote(PLACE)}", headers=GZIP),
        "look-up, nothing": request(f"/off?q={quote('没有这个地方')}", headers=GZIP),
        "look-up, number": request("/off", headers=GZIP, body=b"point=330100459"),
    }


@dataclass(frozen=True)
class Served:
    """A server under measurement."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of a processor that it has taken: what a busy machine leaves as it is."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass
class Case:
    """What was measured of one case, round by round."""

    rates: list[float] = field(default_factory=list)
    """Answers a second."""

    cpu: list[float] = field(default_factory=list)
    """Microseconds of the server's processor for each answer."""


@contextmanager
def processes(folder: Path, outages: int, every: float, fronts: int) -> Iterator[tuple[Served, list[Served], Path]]:
    """A renderer, fronts, bare Starlette; and the renderer's log."""
    running: list[subprocess.Popen[bytes]] = []
    inner, said = free_port(), folder / "renderer.log"
    mine = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    try:
        words = ["renderer", str(inner), str(folder / "snapshots"), str(outages), str(every)]
        with said.open("wb") as log:
            running.append(_begin("bench.board.served", *words, env=mine, stdout=log))
        _until(lambda: said.read_bytes().count(b"\n") > 0, 300, "the first snapshot")
        ports = []
        for _ in range(fronts):
            port = free_port()
            given = {
                "OUTAGE_BOARD_PORT": str(port),
                "OUTAGE_BOARD_UTILITY": "devstack/conf/board.toml",
                "OUTAGE_BOARD_RENDERER": f"http://127.0.0.1:{inner}",
                "OUTAGE_BOARD_PLACES_PER_MINUTE": "1000000",
                "OUTAGE_BOARD_POINTS_PER_MINUTE": "1000000",
                "OUTAGE_LOG_LEVEL": "warning",
            }
            running.append(_begin("services.board", "--front", env=mine | given))
            ports.append(Served(port, psutil.Process(running[-1].pid)))
        for front in ports:
            _until(lambda port=front.port: b" 200 " in ask(port, request(PAGE))[:20], 120, "the front")  # type: ignore[misc]
        body = folder / "body"
        body.write_bytes(ask(ports[0].port, request(PAGE)).partition(b"\r\n\r\n")[2])
        bare = free_port()
        running.append(_begin("bench.board.served", "bare", str(bare), str(body), env=mine))
        _until(lambda: b" 200 " in ask(bare, request("/"))[:20], 60, "bare Starlette")
        yield Served(bare, psutil.Process(running[-1].pid)), ports, said
    finally:
        for one in running:
            one.kill()
        for one in running:
            one.wait()


def turns(bare: Served, front: Served, rounds: int, seconds: float) -> dict[str, Case]:
    """Each case beside bare in every round; the first round only warms up."""
    found: dict[str, Case] = {}
    for turn in range(rounds + 1):
        for name, (there, what) in {
            "bare": (bare, request("/")),
            **{name: (front, what) for name, what in cases(front.port).items()},
        }.items():
            before = there.cpu()
            try:
                figures = saturate(there.port, what, CONNECTIONS, seconds if turn else min(seconds, 0.5))
            except ConnectionError as error:
                raise SystemExit(f"{name}: {error}") from error
            if turn:
                case = found.setdefault(name, Case())
                case.rates.append(figures.rate)
                case.cpu.append((there.cpu() - before) / max(figures.answers, 1) * 1e6)
    return found


def hold(ports: Sequence[int], rate: float, seconds: float, outages: int) -> Figures:
    """Views at a fixed rate over all fronts: mostly first pages, some look-ups, some outages."""
    asked = [request(PAGE, headers=GZIP)] * 6
    asked += [request("/now", headers=GZIP), request(f"/off?q={quote(PLACE)}", headers=GZIP)]
    asked += [request(f"/o/DJ-S-{number % outages:05}", headers=GZIP) for number in (1, 7)]
    with ThreadPoolExecutor(len(ports)) as pool:
        share = rate / len(ports)
        each = list(pool.map(lambda port: at_rate(port, asked, CONNECTIONS * 4, seconds, share), ports))
    return Figures(
        seconds=max(one.seconds for one in each),
        answers=sum(one.answers for one in each),
        errors=sum(one.errors for one in each),
        latencies=[latency for one in each for latency in one.latencies],
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All of it; the figures."""
    with tempfile.TemporaryDirectory(prefix="outage-bench-") as name:
        folder = Path(name)
        with processes(folder, options.outages, options.every, options.fronts) as (bare, ports, said):
            found = turns(bare, ports[0], options.rounds, options.seconds)
            rate, cpu = statistics.median(found["bare"].rates), statistics.median(found["bare"].cpu)
            rows = {
                kind: {
                    "perSecond": statistics.median(case.rates),
                    "ratioToBare": statistics.median(case.rates) / rate,
                    "cpuMicroseconds": statistics.median(case.cpu),
                    "cpuRatioToBare": cpu / statistics.median(case.cpu),
                }
                for kind, case in found.items()
            }
            held = {}
            for wanted in options.rate:
                figures = hold([front.port for front in ports], wanted, options.hold, options.outages)
                held[f"{wanted:g}"] = {
                    "answers": figures.answers,
                    "errors": figures.errors,
                    "perSecond": figures.rate,
                    "p50Ms": figures.percentile(0.5) * 1000,
                    "p99Ms": figures.percentile(0.99) * 1000,
                    "mostMs": max(figures.latencies, default=0.0) * 1000,
                }
            took = [float(line.split()[0]) for line in said.read_text().splitlines()]
    return {
        "rows": rows,
        "held": held,
        "rounds": {
            "first": took[0],
            "median": statistics.median(took[1:] or took),
            "most": max(took[1:] or took),
            "count": len(took),
        },
        "outages": options.outages,
        "fronts": options.fronts,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]},
        "versions": {name: version(name) for name in ("starlette", "uvicorn", "h11")},
    }


def read(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each case in each round")
    parser.add_argument("--rate", type=float, nargs="*", default=[278.0, 1_400.0], help="views a second to hold")
    parser.add_argument("--hold", type=float, default=60.0, help="seconds of each")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between snapshots")
    parser.add_argument("--fronts", type=int, default=1)
    return parser.parse_args(words)


def table(figures: dict[str, Any]) -> str:
    """As it is printed."""
    lines = [f"{'':18}{'a second':>10}{'of bare':>9}{'us of CPU':>11}{'of bare':>9}"]
    lines += [
        f"{kind:18}{row['perSecond']:10,.0f}{row['ratioToBare']:9.2f}{row['cpuMicroseconds']:11.0f}{row['cpuRatioToBare']:9.2f}"
        for kind, row in figures["rows"].items()
    ]
    for rate, row in figures["held"].items():
        lines.append(
            f"{rate} a second: {row['answers']} answers, {row['errors']} errors, "
            f"p50 {row['p50Ms']:.1f}, p99 {row['p99Ms']:.1f}, at most {row['mostMs']:.0f} ms"
        )
    rounds = figures["rounds"]
    lines.append(
        f"{figures['outages']} outages: first snapshot {rounds['first']:.1f} s, then one changed: median {rounds['median']:.2f}, "
        f"at most {rounds['most']:.2f} s ({rounds['count']} rounds)"
    )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write build/bench/board.json."""
    figures = run(read())
    target = Path("build/bench/board.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=1))
    print(table(figures))


def _begin(module: str, *words: str, env: dict[str, str], stdout: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    asked = [sys.executable, "-m", module, *words]
    return subprocess.Popen(asked, env=env, stdout=stdout)  # noqa: S603 - our own modules


def _until(look: Any, seconds: float, what: str) -> None:
    end = time.perf_counter() + seconds
    while True:
        try:
            if look():
                return
        except OSError:
            pass
        if time.perf_counter() > end:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.1)  # noqa: TID251 - nothing else runs here


if __name__ == "__main__":
    main()
