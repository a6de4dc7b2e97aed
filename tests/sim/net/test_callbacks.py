"""Callbacks over the simulated network, to gateways that come and go: signed, sent again, shared, lost, doubled, reordered."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault
from services.gateway.app import Gateway
from services.notifier.domain.provider.port import Accepted
from tests.sim.net.connector import HostConnector
from tests.sim.net.stage import ANNA, BEN, CARLA, Stage, played

pytestmark = pytest.mark.usefixtures("without_sockets")
DELIVERED = ("sending", "sent", "delivered")


def test_who_does_not_sign_is_turned_away(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        async with aiohttp.ClientSession(connector=HostConnector(stage.network.host("stranger"))) as session:
            form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
            async with session.post("http://gateway/twilio/status", data=form) as answer:
                assert answer.status == 403
        assert stage.heard() == []

    played(tmp_path, story)


def test_two_gateways_share_the_callbacks_and_one_that_is_killed_leaves_them_to_the_other(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider, first = stage.provider("notifier"), stage.gateway
        other = await stage.start_gateway("gateway-1")
        gateways = [first, stage.gateway]

        def published(gateway: Gateway) -> float:
            words = {"kind": "receipt", "outcome": "published"}
            return gateway.telemetry.registry.get_sample_value("outage_gateway_webhooks_total", words) or 0.0

        await asyncio.gather(*(provider.send(stage.request(f"+4477009001{number:02}")) for number in range(10)))
        await stage.heard_of(*DELIVERED * 10)
        assert all(published(gateway) > 0 for gateway in gateways)
        before = published(gateways[1])
        stage.loop.kill(other)
        assert isinstance(await provider.send(stage.request(BEN)), Accepted)
        await stage.heard_of(*DELIVERED * 11)
        assert published(gateways[1]) == before

    played(tmp_path, story)


def test_receipts_are_sent_again_until_kafka_takes_them(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.broker.stop()
        assert isinstance(await stage.provider("notifier").send(stage.request()), Accepted)
        await asyncio.sleep(12)
        stage.broker.start()
        await stage.heard_of(*DELIVERED)
        assert stage.sim.account.webhooks.given_up == 0

    played(tmp_path, story, settings=SimulatorSettings(callback_retry_seconds=3))


def test_receipts_that_nobody_takes_are_lost_and_the_next_ones_are_not(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        stage.network.way("twilio", "gateway").cut("reset")
        assert isinstance(await provider.send(stage.request()), Accepted)
        await asyncio.sleep(60)
        assert stage.sim.account.webhooks.given_up == 3
        stage.network.way("twilio", "gateway").heal()
        assert isinstance(await provider.send(stage.request(BEN)), Accepted)
        await stage.heard_of(*DELIVERED)

    played(tmp_path, story)


def test_a_receipt_whose_answer_is_lost_comes_again(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.network.way("twilio", "gateway").lose("answer")
        assert isinstance(await stage.provider("notifier").send(stage.request()), Accepted)
        await stage.heard_of("sending", *DELIVERED)

    played(tmp_path, story)


def test_a_gateway_that_is_killed_and_started_again_hears_the_rest(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.loop.kill(next(node for node in stage.loop.nodes if node.name == "gateway"))
        assert isinstance(await stage.provider("notifier").send(stage.request()), Accepted)
        await asyncio.sleep(1)
        await stage.start_gateway()
        await stage.heard_of(*DELIVERED)

    played(tmp_path, story)


def test_callbacks_are_lost_doubled_and_reordered_by_name(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        stage.sim.break_things(
            Fault(kind="callback-lost", number=ANNA),
            Fault(kind="callback-doubled", number=BEN),
            Fault(kind="callback-reordered", number=CARLA, times=1),
        )
        sids: dict[str, str] = {}
        for to in (ANNA, BEN, CARLA):
            outcome = await provider.send(stage.request(to))
            assert isinstance(outcome, Accepted)
            sids[to] = outcome.sid
        await asyncio.sleep(60)

        def heard(to: str) -> list[str]:
            return [one.status for one in stage.heard() if one.provider_sid == sids[to]]

        assert heard(ANNA) == []
        assert heard(BEN) == ["sending", "sending", "sent", "sent", "delivered", "delivered"]
        assert heard(CARLA) == ["sent", "delivered", "sending"]

    played(tmp_path, story)
