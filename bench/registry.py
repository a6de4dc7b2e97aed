"""Measure a large registry imported: customers, contacts, the same again: `python -m bench.registry`.

Reads 200,000 customers and as many contacts from CSV files, as a clerk would. With --notifier SECONDS also: how fast one
notifier takes them, measured for so long or until it has all. Writes build/bench/registry.json.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import asyncpg

from devstack.servers.stack import Stack, TopicSpec, create_topics
from schemas.contracts.all_types import COMPACTED, TOPICS

PARTITIONS = 4
REACH_SECONDS = 120.0
LINES, AREAS = 2_000, 5_000


def write(folder: Path, count: int) -> tuple[Path, Path]:
    """Files of `count` customers, each with one contact; some with two places. Same count, same files."""
    chance = random.Random(count)
    customers, contacts = folder / "customers.csv", folder / "contacts.csv"
    with customers.open("w", encoding="utf-8") as some, contacts.open("w", encoding="utf-8") as others:
        some.write(
            "customer_id,name,address,importance,life_support,language,usage_points,lines,transformers,areas,account_manager\n"
        )
        others.write("customer_id,contact_id,number,rank,role,can_reply\n")
        for n in range(count):
            line, area = chance.randrange(LINES), chance.randrange(AREAS)
            grade = chance.choices(("special", "first", "second"), (1, 10, 89))[0]
            second = f";10千伏城{(line + 1) % LINES}线" if n % 10 == 0 else ""
            some.write(
                f"KC-{n:06},客户{n},中山路{n % 900}号,{grade},no,zh-CN,UP-{n:07},10千伏城{line}线{second},"
                f"{area}号公变,中山路{area}号一带,陈敏\n"
            )
            others.write(f"KC-{n:06},KC-{n:06}-duty,+1 604 555 01{n % 100:02},1,值班室,yes\n")
    return customers, contacts


def command(environment: dict[str, str], *words: str) -> tuple[float, float, dict[str, Any]]:
    """One `outagectl` as a process of its own: seconds, its CPU seconds, its answer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "outagectl", *words, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(done.stdout)


async def measure(count: int, notifier: float) -> dict[str, Any]:
    """The figures."""
    with tempfile.TemporaryDirectory(prefix="outage-bench-registry-") as name:
        folder = Path(name)
        customers, contacts = write(folder, count)
        # A folder that is kept: nothing is traded for speed, fsync is on.
        async with Stack(folder / "stack", on_progress=print) as stack:
            await create_topics(stack.kafka, {t: TopicSpec(PARTITIONS, compacted=t in COMPACTED) for t in TOPICS})
            environment = {
                **os.environ,
                "OUTAGE_POSTGRES": stack.postgres,
                "OUTAGE_KAFKA": stack.kafka,
                "OUTAGE_VAULT_KEY": b64encode(bytes(range(32))).decode(),
                "OUTAGE_OPERATOR": "bench",
            }
            await asyncio.to_thread(command, environment, "migrate")
            steps = {
                "customers, dry run": ("import", "customers", str(customers), "--dry-run"),
                "customers": ("import", "customers", str(customers)),
                "contacts": ("import", "contacts", str(contacts)),
                "customers again": ("import", "customers", str(customers)),
                "contacts again": ("import", "contacts", str(contacts)),
            }
            rows = {}
            for step, words in steps.items():
                took, cpu, answer = await asyncio.to_thread(command, environment, *words)
                rows[step] = {"seconds": round(took, 1), "cpuSeconds": round(cpu, 1), "sent": answer["sent"]}
                print(f"{step:20} {took:7.1f} s  {cpu:7.1f} s CPU  {answer['sent']:9,} sent")
            # The largest of all child processes so far; the imports are the only large ones.
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            print(f"largest command: {peak} MiB")
            figures: dict[str, Any] = {"customers": count, "rows": rows, "peakMiB": peak}
            if notifier:
                figures["notifier"] = await _taken(stack, environment, 2 * count, notifier)
                print(f"notifier: {figures['notifier']}")
            return figures


async def _taken(stack: Stack, environment: dict[str, str], words: int, seconds: float) -> dict[str, float]:
    """How many words one notifier takes in some time, from the first it has."""
    given = {
        **environment,
        "OUTAGE_INDEX_KEY": "an index key for this bench",
        "OUTAGE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "OUTAGE_TWILIO_AUTH_TOKEN": "none",
        "OUTAGE_TWILIO_FROM": "+16045550100",
        "OUTAGE_TWILIO_URL": "http://127.0.0.1:1",
        "OUTAGE_PUBLIC_URL": "http://127.0.0.1:1",
        "OUTAGE_PARTITIONS": str(PARTITIONS),
        "OUTAGE_HTTP_PORT": "0",
    }
    connection = await asyncpg.connect(stack.postgres)
    with (Path("build") / "bench" / "notifier.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.notifier", env=given, stdout=log, stderr=log
        )
        query = "select count(*) from notifier.inbox where source = '/outage/registry-import'"
        done, began = 0, time.perf_counter()
        try:
            while done < words and time.perf_counter() - began < seconds:
                if process.returncode is not None:
                    raise SystemExit("the notifier ended: see build/bench/notifier.log")
                before, done = done, await connection.fetchval(query)
                if before == 0:
                    began = time.perf_counter()  # start-up does not count
                await asyncio.sleep(0.5)
            took = time.perf_counter() - began
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
            await connection.close()
    return {"words": done, "seconds": round(took, 1), "wordsPerSecond": round(done / took)}


def main() -> None:
    """Measure, print, and write build/bench/registry.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--notifier", type=float, default=0.0, metavar="SECONDS", help="also watch a notifier so long")
    options = parser.parse_args()
    target = Path("build/bench/registry.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    figures = asyncio.run(measure(options.customers, options.notifier))
    figures |= {
        "reachSeconds": REACH_SECONDS,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
    }
    target.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    both = figures["rows"]["customers"]["seconds"] + figures["rows"]["contacts"]["seconds"]
    print(f"customers and contacts: {both:.0f} s, to reach {REACH_SECONDS:.0f} s; figures: {target}")


if __name__ == "__main__":
    main()
