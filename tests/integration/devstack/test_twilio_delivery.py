"""From the queue to the handset: pace, order, expiry, cancelling, opting out, and what the simulator remembers."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault, Faults
from devstack.twilio.kept.phones import read_handsets
from services.notifier.domain.provider.port import Accepted, ProviderMessage, SendRefused
from tests.kits.stack.twilio import ANNA, BEN, CARLA, CLOCK, SENDER, SERVICE, World, control, world
from tests.kits.waiting import until


async def api(stage: World, method: str, path: str, **form: Any) -> tuple[int, Any]:
    """One raw call of the Messages resource, as any client of Twilio would make it."""
    settings = stage.sim.settings
    url = path if path.startswith("http") else f"{stage.sim.url}/2010-04-01/Accounts/{settings.account_sid}/{path}"
    headers = {"Authorization": aiohttp.encode_basic_auth(settings.account_sid, settings.auth_token)}
    async with aiohttp.ClientSession(headers=headers) as session:
        query = {"params": form} if method == "GET" else {"data": form}
        async with session.request(method, url, **query) as answer:
            return answer.status, await answer.json()


async def test_every_text_reaches_its_handset_once_with_its_words_and_our_id(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        for number in (ANNA, BEN):
            await stage.provider.send(stage.request(to=number, body="停电通知 编号 K7F3Q", message_id=f"m-{number}"))
        await until(lambda: len(read_handsets(tmp_path)) == 2)
        texts = {text.to: text for text in read_handsets(tmp_path)}
        assert set(texts) == {ANNA, BEN}
        assert texts[ANNA].body == "停电通知 编号 K7F3Q"
        assert (texts[ANNA].message_id, texts[ANNA].attempt, texts[ANNA].sender) == (f"m-{ANNA}", 1, SENDER)
        assert texts[ANNA].wall >= stage.started_at
        _, phones = await control(stage.sim.url, "GET", f"phones?number={BEN.replace('+', '%2B')}")
        assert [text["to"] for text in phones] == [BEN]


async def test_a_sender_hands_on_no_more_than_its_rate_and_another_sender_is_not_held_up(tmp_path: Path) -> None:
    settings = SimulatorSettings(segments_per_second=10, send_seconds=0, deliver_seconds=0)
    async with world(tmp_path, settings=settings) as stage:
        began = CLOCK.wall()
        for turn in range(6):  # two segments each: 71 Chinese letters
            await stage.provider.send(stage.request(body="停" * 71 + str(turn)))
        await api(stage, "POST", "Messages.json", To=CARLA, From="+15005550111", Body="another sender")
        await until(lambda: len(stage.sim.texts()) == 7)
        waited = {text.body[-1]: (text.wall - began).total_seconds() for text in stage.sim.texts(ANNA)}
        assert waited["5"] >= 0.95, "ten segments before it at ten a second"
        assert [text.body[-1] for text in stage.sim.texts(ANNA)] == list("012345"), "in the order they came"
        assert (stage.sim.texts(CARLA)[0].wall - began).total_seconds() < 0.9


async def test_a_text_that_outlives_its_validity_in_the_queue_is_failed_and_never_delivered(tmp_path: Path) -> None:
    settings = SimulatorSettings(segments_per_second=0.5, send_seconds=0, deliver_seconds=0)
    async with world(tmp_path, settings=settings) as stage:
        await api(stage, "POST", "Messages.json", To=ANNA, From=SENDER, Body="first")
        _, late = await api(stage, "POST", "Messages.json", To=BEN, From=SENDER, Body="second", ValidityPeriod="1")
        await until(lambda: stage.sim.account.book.get(late["sid"]).status == "failed")  # type: ignore[union-attr]
        fetched = await stage.provider.fetch(late["sid"])
        assert isinstance(fetched, ProviderMessage)
        assert fetched.error_code == 30036
        assert stage.sim.texts(BEN) == []


async def test_a_full_queue_refuses_a_number_at_once_and_fails_a_service_later(tmp_path: Path) -> None:
    settings = SimulatorSettings(segments_per_second=1, queue_hours=3 / 3600)
    async with world(tmp_path, settings=settings) as stage:
        for turn in range(3):
            assert isinstance(await stage.provider.send(stage.request(body=f"{turn}")), Accepted)
        await asyncio.sleep(0.05)
        for turn in range(2):
            await stage.provider.send(stage.request(body=f"more {turn}"))
        outcome = await stage.provider.send(stage.request(body="one too many"))
        assert isinstance(outcome, SendRefused)
        assert (outcome.code, outcome.scope) == (21611, "throttle")
        _, taken = await api(stage, "POST", "Messages.json", To=ANNA, MessagingServiceSid=SERVICE, Body="x")
        assert taken["status"] == "accepted"
        await until(lambda: stage.sim.account.book.get(taken["sid"]).error_code == 30001)  # type: ignore[union-attr]


async def test_only_a_scheduled_message_can_be_cancelled(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        when = (CLOCK.wall() + timedelta(hours=1)).isoformat()
        form = {"To": ANNA, "Body": "tomorrow", "ScheduleType": "fixed", "SendAt": when}
        _, planned = await api(stage, "POST", "Messages.json", MessagingServiceSid=SERVICE, **form)
        assert planned["status"] == "scheduled"
        status, cancelled = await api(stage, "POST", f"Messages/{planned['sid']}.json", Status="canceled")
        assert (status, cancelled["status"]) == (200, "canceled")
        status, again = await api(stage, "POST", f"Messages/{planned['sid']}.json", Status="canceled")
        assert (status, again["code"]) == (409, 30409)
        _, at_once = await api(stage, "POST", "Messages.json", From=SENDER, **form)
        assert at_once["status"] == "queued", "without a messaging service Twilio does not schedule, it sends"
        await until(lambda: [text.sid for text in stage.sim.texts()] == [at_once["sid"]])


@pytest.mark.parametrize("ahead", [timedelta(minutes=14), timedelta(days=36)])
async def test_a_time_outside_twilios_window_is_not_scheduled(ahead: timedelta, tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        when = (CLOCK.wall() + ahead).isoformat()
        form = {"To": ANNA, "Body": "x", "MessagingServiceSid": SERVICE, "ScheduleType": "fixed", "SendAt": when}
        assert (await api(stage, "POST", "Messages.json", **form))[1]["code"] == 35114


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": SENDER, "Body": "x"}, 21604),
        ({"To": ANNA, "Body": "x"}, 21603),
        ({"To": ANNA, "From": SENDER}, 21602),
        ({"To": "+44", "From": SENDER, "Body": "x"}, 21211),
        ({"To": ANNA, "From": "+15005550001", "Body": "x"}, 21212),
        ({"To": ANNA, "From": "+15005550007", "Body": "x"}, 21606),
        ({"To": ANNA, "From": SENDER, "Body": "x", "ValidityPeriod": "0"}, 90007),
        ({"To": ANNA, "From": SENDER, "Body": "x", "StatusCallback": "ftp://example.org"}, 21609),
    ],
)
async def test_a_malformed_request_gets_twilios_own_code(form: dict[str, str], code: int, tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        status, answer = await api(stage, "POST", "Messages.json", **form)
        assert (status, answer["code"], answer["status"]) == (400, code, 400)
        assert stage.sim.account.book.all() == []


async def test_the_list_turns_pages_without_gap_or_repeat_while_messages_arrive(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        for turn in range(7):
            await stage.provider.send(stage.request(body=f"{turn}"))
        status, page = await api(stage, "GET", "Messages.json", To=ANNA, PageSize="3")
        assert status == 200
        seen = [message["body"] for message in page["messages"]]
        await stage.provider.send(stage.request(body="came meanwhile"))
        while page["next_page_uri"]:
            _, page = await api(stage, "GET", stage.sim.url + page["next_page_uri"])
            seen += [message["body"] for message in page["messages"]]
        assert seen == list("6543210")
        assert page["page"] == 2


async def test_a_date_filter_never_shows_what_was_not_sent_yet(tmp_path: Path) -> None:
    settings = SimulatorSettings(send_seconds=30)
    async with world(tmp_path, settings=settings) as stage:
        await stage.provider.send(stage.request())
        today = CLOCK.wall().date().isoformat()
        for name in ("DateSent", "DateSent<", "DateSent>"):
            assert (await api(stage, "GET", "Messages.json", **{name: today}))[1]["messages"] == []
        assert len((await api(stage, "GET", "Messages.json"))[1]["messages"]) == 1


async def test_date_filters_take_days_and_instants_and_refuse_nonsense(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await stage.provider.send(stage.request())
        await until(stage.sim.texts)
        day = CLOCK.wall().date()

        async def shown(name: str, text: str) -> int:
            return len((await api(stage, "GET", "Messages.json", **{name: text}))[1]["messages"])

        assert await shown("DateSent", day.isoformat()) == 1
        assert await shown("DateSent", (day - timedelta(days=1)).isoformat()) == 0
        assert await shown("DateSent<", day.isoformat()) == 1
        assert await shown("DateSent>", (day + timedelta(days=1)).isoformat()) == 0
        assert await shown("DateSent>", (CLOCK.wall() - timedelta(minutes=5)).isoformat()) == 1
        assert await shown("DateSent<", "Wed, 19 Jun 2019 22:04:00 -0000") == 0
        assert (await api(stage, "GET", "Messages.json", DateSent="soon"))[0] == 400


async def test_stop_ends_texts_to_a_number_until_start(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await control(stage.sim.url, "POST", "inbound", {"from": ANNA, "body": "please do not stop"})
        assert isinstance(await stage.provider.send(stage.request()), Accepted), "only a text of one word counts"
        await control(stage.sim.url, "POST", "inbound", {"from": ANNA, "body": " Stop "})
        outcome = await stage.provider.send(stage.request())
        assert isinstance(outcome, SendRefused)
        assert (outcome.code, outcome.reason, outcome.scope) == (21610, "opted-out", "contact")
        await control(stage.sim.url, "POST", "inbound", {"from": ANNA, "body": "START"})
        assert isinstance(await stage.provider.send(stage.request()), Accepted)


async def test_the_control_refuses_what_it_cannot_read_and_hides_the_token(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        assert (await control(stage.sim.url, "POST", "faults", {"kind": "made-up"}))[0] == 400
        assert (await control(stage.sim.url, "PATCH", "config", {"segments_per_second": 0}))[0] == 400
        assert (await control(stage.sim.url, "PATCH", "config", {"no_such": 1}))[0] == 400
        status, shown = await control(stage.sim.url, "PATCH", "config", {"list_lag_seconds": 2.5})
        assert (status, shown["list_lag_seconds"]) == (200, 2.5)
        assert stage.sim.settings.auth_token not in str(shown)
        await stage.provider.send(stage.request())
        await control(stage.sim.url, "POST", "reset")
        assert (await control(stage.sim.url, "GET", "messages"))[1] == []
        assert read_handsets(tmp_path) == []


def test_faults_by_rate_come_as_often_as_asked_and_the_same_for_a_seed() -> None:
    def story(seed: int) -> list[str]:
        faults = Faults(seed)
        faults.rules = [Fault(kind="hang", rate=0.2), Fault(kind="throttle", rate=0.1)]
        drawn = [faults.draw("create", ANNA, f"text {turn}") for turn in range(2000)]
        return [fault.kind if fault else "" for fault in drawn]

    assert story(1) == story(1)
    assert story(1) != story(2)
    assert 320 < story(1).count("hang") < 480
    assert 140 < story(1).count("throttle") < 260
