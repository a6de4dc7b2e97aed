"""Our requests and the simulated gateway's answers are both held to docs/sms-gateway.openapi.json."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from openapi_schema_validator import OAS30Validator
from starlette.requests import Request

from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.faults import Fault
from services.gateway.sms_gateway.pushes import PATH, UplinkDoor
from services.notifier.domain.provider.gateway_codes import CODES, STATES
from services.notifier.domain.provider.port import Accepted, ReportBatch
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from services.sms_gateway.uplinks import Uplink, UplinkBatch
from tests.kits.stack.sms_gateway import BEN, CLOCK, lost, make_gateway, request

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = json.loads((DOCS / "sms-gateway.openapi.json").read_text())


class Court:
    """A proxy before the simulator that holds every exchange to the document."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.breaches: list[str] = []
        self.paths: list[str] = []

    async def pass_on(self, asked: web.Request) -> web.Response:
        operation = DOCUMENT["paths"][asked.path]["post"]
        for parameter in operation["parameters"]:
            self._hold(asked.headers.get(parameter["name"]), parameter["schema"], parameter["name"])
        body = await asked.read()
        self._hold(json.loads(body), operation["requestBody"]["content"]["application/json"]["schema"], asked.path)
        self.paths.append(asked.path)
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.target + asked.path, data=body, headers=asked.headers) as answer,
        ):
            said = await answer.read()
            schema = operation["responses"][str(answer.status)]["content"]["application/json"]["schema"]
            self._hold(json.loads(said), schema, f"{asked.path} → {answer.status}")
            headers = {name: value for name, value in answer.headers.items() if name == "Retry-After"}
            return web.Response(body=said, status=answer.status, content_type=answer.content_type, headers=headers)

    def _hold(self, value: Any, schema: dict[str, Any], where: str) -> None:
        self.breaches += [f"{where}: {problem}" for problem in broken(value, schema)]


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[SmsGatewaySimulator]:
    async with SmsGatewaySimulator(tmp_path, CLOCK) as running:
        running.settings.send_seconds = running.settings.deliver_seconds = 0.01
        yield running


@pytest.fixture
async def court(sim: SmsGatewaySimulator) -> AsyncIterator[tuple[Court, SmsGatewayProvider]]:
    judge = Court(sim.url)
    app = web.Application()
    app.router.add_post("/{rest:.*}", judge.pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider = make_gateway(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield judge, provider
    await provider.close()
    await runner.cleanup()


async def test_every_request_and_answer_keeps_the_contract(
    sim: SmsGatewaySimulator, court: tuple[Court, SmsGatewayProvider]
) -> None:
    judge, provider = court
    began = CLOCK.wall()
    sim.break_things(Fault(kind="undelivered", number=BEN, times=1))
    said = await provider.send(request())
    assert isinstance(said, Accepted)
    await provider.send(request("m-2", to=BEN))
    await sim.account.settled()
    await provider.find(lost(began))
    for to in (BEN, None):
        await provider.find(lost(began, "m-9", None, to, "【x】y"))
    await provider.fetch(said.sid)
    batch = await provider.pull(None)
    assert isinstance(batch, ReportBatch)
    await provider.pull(batch.ack)
    sim.settings.opted_out = [BEN]
    await provider.send(request("m-3", to=BEN))
    sim.break_things(Fault(kind="throttle", times=1), Fault(kind="list-throttle", times=1))
    await provider.send(request("m-4"))
    await provider.pull(None)
    sim.receive(BEN, "ＴＤ")
    uplinks = await provider.pull_uplinks(None)
    assert isinstance(uplinks, UplinkBatch)
    assert (await provider.pull_uplinks(uplinks.ack)) == UplinkBatch("", ())
    assert set(judge.paths) == {path for path in DOCUMENT["paths"] if path != PATH}
    assert judge.breaches == []


async def test_what_the_gateway_pushes_and_what_we_answer_keep_the_contract(sim: SmsGatewaySimulator) -> None:
    taken: list[Uplink] = []

    async def publish(uplinks: Sequence[Uplink]) -> None:
        taken.extend(uplinks)
        if len(taken) == 1:
            raise ConnectionError("Kafka is away")

    door = UplinkDoor(sim.settings.account, sim.settings.secret, "https://sms.example/up", publish, CLOCK.wall)
    operation = DOCUMENT["paths"][PATH]["post"]
    breaches: list[str] = []

    async def hear(asked: web.Request) -> web.Response:
        body = await asked.read()
        scope = {
            "type": "http",
            "method": "POST",
            "path": PATH,
            "headers": [(name.lower(), value) for name, value in asked.raw_headers],
            "query_string": b"",
        }
        breaches.extend(broken(json.loads(body), operation["requestBody"]["content"]["application/json"]["schema"]))
        for parameter in operation["parameters"]:
            breaches.extend(broken(asked.headers.get(parameter["name"]), parameter["schema"]))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        answer = await door.take(Request(scope, receive))
        schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        breaches.extend(broken(json.loads(bytes(answer.body)), schema))
        return web.Response(body=bytes(answer.body), status=answer.status_code, content_type="application/json")

    app = web.Application()
    app.router.add_post("/up" + PATH, hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sim.settings.push_again_seconds = 0.01
    sim.settings.uplink_url = f"http://127.0.0.1:{runner.addresses[0][1]}/up{PATH}"
    mo_id = sim.receive(BEN, "没电")
    async with asyncio.timeout(10):
        await sim.account.uplinks.settled()
    assert [(one.mo_id, one.mobile, one.content) for one in taken] == [(mo_id, BEN, "没电")] * 2, (
        "once more after a 503"
    )
    assert sim.account.uplinks.waiting() == []
    sim.settings.secret = "another-secret"
    sim.receive(BEN, "STOP")
    await asyncio.sleep(0.1)
    assert len(taken) == 2, "nobody else may push"
    await sim.account.uplinks.stop()
    assert breaches == []
    await runner.cleanup()


def broken(value: Any, schema: dict[str, Any]) -> list[str]:
    whole = {**schema, "components": DOCUMENT["components"]}
    return [error.message[:200] for error in OAS30Validator(whole).iter_errors(value)]


async def test_the_judge_is_not_asleep(court: tuple[Court, SmsGatewayProvider]) -> None:
    judge, provider = court
    await provider.send(request("m" * 70, to="07700900101", body=""))
    words = "\n".join(judge.breaches)
    assert "is too long" in words or "not valid" in words
    assert "07700900101" in words


def test_the_page_and_the_table_name_the_same_codes() -> None:
    page = (DOCS / "sms-gateway.md").read_text().partition("## Codes")[2]
    named: set[int] = set()
    for first, last in re.findall(r"\b([1-9]\d{3})\b(?: to (\d{4}))?", page):
        named.update(range(int(first), int(last or first) + 1))
    assert named - {9000, 1301} == set(CODES)
    assert set(DOCUMENT["paths"]["/sms/v1/reports"]["post"]["responses"]) == {"200", "429"}
    states = DOCUMENT["paths"]["/sms/v1/query"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(states["oneOf"][0]["properties"]["items"]["items"]["properties"]["state"]["enum"]) == set(STATES)
