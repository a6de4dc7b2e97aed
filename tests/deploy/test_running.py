"""The manifests' own settings, probes and roles on a real Kafka and PostgreSQL, with what the image would run."""

import asyncio
import os
import signal
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from deploy.verify.contract import environment
from deploy.verify.objects import Pod, of_kind, pods
from devstack.servers.ports import free_port
from devstack.servers.stack import Stack
from devstack.servers.topics import TopicSpec, create_topics
from operations.system.signing_key import make_key

Object = dict[str, Any]
DATABASE = "outage_deployed"
LIMIT = 120.0  # seconds; a loaded machine takes its time
WORKERS = ("planner", "restorer", "notifier")


async def _database(admin: str) -> str:
    """A database as deploy/k8s/prepare makes one: an owner who may make no roles, and the services' roles. Its address."""
    connection = await asyncpg.connect(admin)
    try:
        for role in ("owner", *WORKERS, "gateway", "operator", "board"):
            await connection.execute(f"create role outage_{role} login")
        await connection.execute(f"create database {DATABASE} owner outage_owner")
        port = await connection.fetchval("show port")
    finally:
        await connection.close()
    return f"127.0.0.1:{port}/{DATABASE}"


def _given(pod: Pod, objects: list[Object], own: Mapping[str, str]) -> dict[str, str]:
    """The pod's variables, with the cluster's addresses and Secrets replaced by those of this machine."""
    rendered = environment(pod, objects)
    assert own.keys() >= {name for name, value in rendered.items() if value is None}, "a Secret has no value here"
    values = {name: value for name, value in rendered.items() if value is not None}
    return values | {name: value for name, value in own.items() if name in rendered}


def _process(python: Path, pod: Pod, given: Mapping[str, str], tmp: Path) -> Any:
    env = {"PATH": os.defpath, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    env |= {"APP_DATADIR": f"{tmp}/{{conf.name}}-data", "TMPDIR": str(tmp)}
    (tmp / "empty").mkdir(exist_ok=True)
    log = (tmp / f"{pod.name}.log").open("wb")
    words = pod.spec["containers"][0]["args"]
    return asyncio.create_subprocess_exec(
        python, *words, cwd=tmp / "empty", env=env | dict(given), stdout=log, stderr=asyncio.subprocess.STDOUT
    )


async def _answers(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(LIMIT):
        while True:
            assert process.returncode is None, f"it ended with {process.returncode}; see {log}"
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except (OSError, aiohttp.ClientError):
                pass
            await asyncio.sleep(0.1)


async def _task(name: str, objects: list[Object], python: Path, tmp: Path, own: Mapping[str, str]) -> None:
    """Run a Job's or CronJob's pod to its end, which must be a good one."""
    (pod,) = (pod for pod in pods(objects) if pod.name == name)
    process = await _process(python, pod, _given(pod, objects, own), tmp)
    assert await asyncio.wait_for(process.wait(), LIMIT) == 0, (tmp / f"{name}.log").read_text()


async def _duty(pod: Pod, objects: list[Object], python: Path, tmp: Path, own: Mapping[str, str], place: str) -> None:
    """From the pod for people on duty: the brake is pulled and let go, and all that duty looks at can be seen."""
    given = _given(pod, objects, {**own, "OUTAGE_POSTGRES": f"postgresql://outage_operator@{place}"})
    desk = await _process(python, pod, given, tmp)
    env = {"PATH": os.defpath, "HOME": "/nonexistent", "OUTAGE_OPERATOR": "chen", **given}
    for words in (
        "sending stop --reason drill",
        "sending status",
        "sending resume",
        "promises --open",
        "quarantine list",
        "timers --late",
        "offsets show",
    ):
        asked = await asyncio.create_subprocess_exec(
            python,
            "-m",
            "outagectl",
            *words.split(),
            cwd=tmp / "empty",
            env=env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(asked.communicate(), LIMIT)
        assert asked.returncode == 0, f"{words}: {said.decode()}"
    desk.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(desk.wait(), LIMIT) == 0


@pytest.mark.stack
@pytest.mark.timeout(900)
async def test_each_pod_becomes_ready_with_its_own_settings_and_role_and_ends_in_order(
    base: list[Object], installed: Path, tmp_path: Path
) -> None:
    by_name = {pod.name: pod for pod in pods(base)}
    async with Stack(None, environment={}) as stack:
        declared = {one["metadata"]["name"]: one["spec"] for one in of_kind(base, "KafkaTopic")}
        await create_topics(
            stack.kafka,
            {
                name: TopicSpec(s["partitions"], s["config"]["cleanup.policy"] == "compact")
                for name, s in declared.items()
            },
        )
        place = await _database(stack.postgres)
        await _task("migrate", base, installed, tmp_path, {"OUTAGE_POSTGRES": f"postgresql://outage_owner@{place}"})
        running: dict[str, asyncio.subprocess.Process] = {}
        try:
            for name in (*WORKERS, "gateway"):
                pod = by_name[name]
                ports = {"OUTAGE_HTTP_PORT": str(free_port()), "OUTAGE_GATEWAY_PORT": str(free_port())}
                own = {
                    "OUTAGE_KAFKA": stack.kafka,
                    "OUTAGE_POSTGRES": f"postgresql://outage_{name}@{place}",
                    "OUTAGE_HTTP_HOST": "127.0.0.1",
                    "OUTAGE_VAULT_KEY": b64encode(bytes(32)).decode(),
                    "OUTAGE_INDEX_KEY": "a secret of sixteen characters",
                    "OUTAGE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
                    "OUTAGE_TWILIO_AUTH_TOKEN": "token",
                    "OUTAGE_TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
                    **ports,
                }
                given = _given(pod, base, own)
                running[name] = await _process(installed, pod, given, tmp_path)
                container = pod.spec["containers"][0]
                for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                    path = container[probe]["httpGet"]["path"]
                    url = f"http://127.0.0.1:{given['OUTAGE_HTTP_PORT']}{path}"
                    await _answers(url, running[name], tmp_path / f"{name}.log")
            await _duty(
                by_name["desk"],
                base,
                installed,
                tmp_path,
                {"OUTAGE_KAFKA": stack.kafka, "OUTAGE_ZONE": "Asia/Shanghai"},
                place,
            )
            for process in running.values():
                process.send_signal(signal.SIGTERM)
            for name, process in running.items():
                grace = by_name[name].spec["terminationGracePeriodSeconds"]
                code = await asyncio.wait_for(process.wait(), LIMIT + grace)
                assert code == 0, f"{name}: {(tmp_path / f'{name}.log').read_text()[-3000:]}"
        finally:
            for process in running.values():
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        key = tmp_path / "key.pem"
        make_key(key)
        owner = {"OUTAGE_POSTGRES": f"postgresql://outage_owner@{place}", "OUTAGE_SIGNING_KEY_FILE": str(key)}
        await _task("heads", base, installed, tmp_path, owner)
    assert list((tmp_path / "empty").iterdir()) == [], "something was written outside the one folder for it"
