"""Our requests and the simulator's answers are both held to Twilio's own description of the Messages resource."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault
from devstack.twilio.simulator import TwilioSimulator
from services.kernel.clock import SystemClock
from services.notifier.domain.provider.port import (
    Accepted,
    FindRequest,
    LookupFailed,
    ProviderMessage,
    SendRefused,
    SendRequest,
)
from services.notifier.domain.provider.scheduling import Gone, TakenBack
from services.notifier.sending.providers.twilio import TwilioProvider, status_callback
from tests.kits.twilio_contract import Judge, judged, load

CLOCK = SystemClock()
ANNA, SENDER, SERVICE = "+447700900101", "+15005550006", "MG" + "a" * 32


@dataclass
class Court:
    sim: TwilioSimulator
    judge: Judge
    url: str

    def provider(self, **sender: str) -> TwilioProvider:
        settings = self.sim.settings
        return TwilioProvider(
            account_sid=settings.account_sid,
            auth_token=settings.auth_token,
            callback=status_callback("https://sms.example.org"),
            base_url=self.url,
            **sender,  # type: ignore[arg-type]
        )

    async def api(self, method: str, path: str, **form: Any) -> tuple[int, Any]:
        settings = self.sim.settings
        headers = {"Authorization": aiohttp.encode_basic_auth(settings.account_sid, settings.auth_token)}
        url = f"{self.url}/2010-04-01/Accounts/{settings.account_sid}/{path}"
        async with aiohttp.ClientSession(headers=headers) as session:
            if method == "GET" and form:
                url += f"?{urlencode(form)}"
                form = {}
            async with session.request(method, url, data=form or None) as answer:
                return answer.status, await answer.json()


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    judge = Judge(load())
    settings = SimulatorSettings(
        send_seconds=0.01, deliver_seconds=0.01, reach={"https://sms.example.org": "http://127.0.0.1:9"}
    )
    async with TwilioSimulator(tmp_path, CLOCK, settings=settings) as sim, judged(judge, sim.url) as url:
        yield Court(sim, judge, url)


@pytest.mark.parametrize("sender", [{"sender": SENDER}, {"messaging_service_sid": SERVICE}], ids=["number", "service"])
async def test_sending_looking_up_and_fetching_keep_the_contract(court: Court, sender: dict[str, str]) -> None:
    provider = court.provider(**sender)
    began = CLOCK.wall()
    body = "停电通知：3月5日 8:00 检修。编号 K7F3Q"
    outcome = await provider.send(SendRequest(message_id="m-1", attempt=1, to=ANNA, body=body, valid_seconds=99_999.0))
    assert isinstance(outcome, Accepted)
    assert isinstance(
        await provider.find(FindRequest(message_id="m-1", attempt=1, to=ANNA, body=body, started_at=began)),
        ProviderMessage,
    )
    while court.sim.account.book.unfinished():
        await asyncio.sleep(0.01)
    fetched = await provider.fetch(outcome.sid)
    assert isinstance(fetched, ProviderMessage)
    assert fetched.status == "delivered"
    await provider.close()
    assert court.judge.exchanges == [("POST", 201), ("GET", 200), ("GET", 200)]
    assert court.judge.breaches == []


async def test_failed_undelivered_and_refused_keep_the_contract(court: Court) -> None:
    provider = court.provider(sender=SENDER)
    court.sim.break_things(Fault(kind="undelivered", number=ANNA, code=30003))
    request = SendRequest(message_id="m-1", attempt=1, to=ANNA, body="x", valid_seconds=600.0)
    outcome = await provider.send(request)
    assert isinstance(outcome, Accepted)
    while court.sim.account.book.unfinished():
        await asyncio.sleep(0.01)
    assert isinstance(await provider.fetch(outcome.sid), ProviderMessage)
    assert await provider.fetch("SM" + "0" * 32) is None
    court.sim.break_things(Fault(kind="throttle"))
    assert isinstance(await provider.send(request), SendRefused)
    await provider.close()
    assert [status for _, status in court.judge.exchanges] == [201, 200, 404, 429]
    assert court.judge.breaches == []


async def test_pages_filters_and_page_addresses_keep_the_contract(court: Court) -> None:
    provider = court.provider(sender=SENDER)
    for turn in range(5):
        await provider.send(SendRequest(message_id="m", attempt=turn + 1, to=ANNA, body=f"{turn}", valid_seconds=600.0))
    await provider.close()
    _, page = await court.api("GET", "Messages.json", To=ANNA, PageSize=2)
    example = court.judge.document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["get"]
    shown = example["responses"]["200"]["content"]["application/json"]["examples"]["readFullPage1"]["value"]
    assert page.keys() == shown.keys()
    assert page["next_page_uri"].partition("?")[0] == shown["next_page_uri"].partition("?")[0].replace(
        shown["messages"][0]["account_sid"], court.sim.settings.account_sid
    ), "a path without a host, as in the contract's own example"
    pages = 1
    while page["next_page_uri"]:
        path = page["next_page_uri"].split("/", 4)[4]
        _, page = await court.api("GET", path)
        pages += 1
    await court.api("GET", "Messages.json", From=SENDER, **{"DateSent>": CLOCK.wall().date().isoformat()})
    assert pages == 3
    assert court.judge.breaches == []


async def test_scheduling_and_cancelling_keep_the_contract(court: Court) -> None:
    when = (CLOCK.wall() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    form = {"To": ANNA, "Body": "x", "MessagingServiceSid": SERVICE, "ScheduleType": "fixed", "SendAt": when}
    _, planned = await court.api("POST", "Messages.json", **form)
    assert planned["status"] == "scheduled"
    _, cancelled = await court.api("POST", f"Messages/{planned['sid']}.json", Status="canceled")
    assert cancelled["status"] == "canceled"
    assert court.judge.breaches == []


async def test_a_text_that_waits_is_listed_and_taken_back_within_the_contract(court: Court) -> None:
    provider = court.provider(messaging_service_sid=SERVICE)
    began = CLOCK.wall()
    asked = SendRequest(
        message_id="m-1", attempt=1, to=ANNA, body="x", valid_seconds=99_999.0, send_at=began + timedelta(minutes=20)
    )
    waiting = await provider.send(asked)
    assert isinstance(waiting, Accepted)
    assert waiting.status == "scheduled"
    listed = [page async for page in provider.listed(began - timedelta(minutes=1), CLOCK.wall())]
    assert [one.sid for one in listed[0] if not isinstance(listed[0], LookupFailed)] == [waiting.sid]  # type: ignore[union-attr]
    assert await provider.take_back(waiting.sid) == TakenBack()
    assert await provider.take_back(waiting.sid) == TakenBack(), "asked twice"
    lost = FindRequest(message_id="m-1", attempt=1, to=ANNA, body="x", started_at=began)
    assert await provider.find(lost) is None, "what was taken back never went"
    at_once = await provider.send(SendRequest(message_id="m-2", attempt=1, to=ANNA, body="y", valid_seconds=600.0))
    assert isinstance(at_once, Accepted)
    while court.sim.account.book.unfinished():
        await asyncio.sleep(0.01)
    assert await provider.take_back(at_once.sid) == Gone()
    await provider.close()
    assert court.judge.breaches == []


async def test_the_judge_is_not_asleep(court: Court) -> None:
    await court.api(
        "POST", "Messages.json", To="someone", From=SENDER, Body="x", ValidityPeriod="soon", MessageIntent="n"
    )
    await court.api("GET", "Messages.json", PageSize=5000, Colour="red")
    words = "\n".join(court.judge.breaches)
    for wrong in ("'someone' is not a 'phone-number'", "ValidityPeriod", "MessageIntent", "5000", "Colour"):
        assert wrong in words
    court.judge.breaches.clear()
    court.judge.answer(
        "GET", "/2010-04-01/Accounts/AC/Messages.json", 200, b'{"messages": [{"sid": "x"}]}', "application/json"
    )
    words = "\n".join(court.judge.breaches)
    assert "next_page_uri" in words
    assert "date_created" in words
    assert "messages.0.sid" in words
