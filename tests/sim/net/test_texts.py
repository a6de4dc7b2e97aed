"""A text over the simulated network: accepted, lost, late, frozen and never written, with no socket anywhere."""

import asyncio
from pathlib import Path

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import Accepted, ProviderMessage, SendOutcome, SendRefused, TooLate, Unknown
from tests.sim.heard import until
from tests.sim.net.stage import ANNA, BEN, Stage, played
from tests.sim.net.way import How

pytestmark = pytest.mark.usefixtures("without_sockets")
DELIVERED = ("sending", "sent", "delivered")


def test_a_text_is_accepted_and_its_receipts_arrive_signed_on_kafka(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        outcome = await stage.provider("notifier").send(stage.request())
        assert isinstance(outcome, Accepted)
        await stage.heard_of(*DELIVERED)
        assert [one.status for one in stage.heard()] == list(DELIVERED)
        assert {(one.provider_sid, one.message_id, one.attempt) for one in stage.heard()} == {(outcome.sid, "m-1", 1)}
        assert [text.to for text in stage.sim.texts()] == [ANNA]

    played(tmp_path, story)


@pytest.mark.parametrize("how", ["reset", "silence"])
def test_a_text_whose_answer_is_lost_is_unknown_and_then_found(how: How, tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        stage.network.way("notifier", "twilio").lose("answer", how)
        assert isinstance(await provider.send(stage.request()), Unknown)
        found = await provider.find(stage.lost())
        assert isinstance(found, ProviderMessage)
        assert found.doubles == ()
        await stage.heard_of(*DELIVERED)

    played(tmp_path, story)


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.network.way("notifier", "twilio").lose("answer", after=600)
        assert isinstance(await stage.provider("notifier").send(stage.request()), Unknown)
        assert stage.posts == ["created"]

    played(tmp_path, story)


@pytest.mark.parametrize("after", [0, 100])
@pytest.mark.parametrize("how", ["reset", "silence"])
def test_a_text_whose_request_is_lost_is_unknown_and_not_found(how: How, after: int, tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        stage.network.way("notifier", "twilio").lose("request", how, after=after)
        assert isinstance(await provider.send(stage.request()), Unknown)
        assert stage.posts == []
        assert await provider.find(stage.lost()) is None

    played(tmp_path, story)


@pytest.mark.parametrize("how", ["reset", "silence"])
def test_a_provider_that_cannot_be_reached_has_created_nothing_and_can_be_reached_again(
    how: How, tmp_path: Path
) -> None:
    async def story(stage: Stage) -> None:
        provider, way = stage.provider("notifier"), stage.network.way("notifier", "twilio")
        way.cut(how)
        outcome = await provider.send(stage.request())
        assert isinstance(outcome, SendRefused)
        assert outcome.reason == "not-connected"
        way.heal()
        assert isinstance(await provider.send(stage.request()), Accepted)
        assert stage.posts == ["created"]

    played(tmp_path, story)


def test_a_connection_that_breaks_under_a_request_leaves_it_unknown(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.sim.break_things(Fault(kind="created-late", seconds=5))
        sending = asyncio.create_task(stage.provider("notifier").send(stage.request()))
        await asyncio.sleep(1)
        stage.network.way("notifier", "twilio").cut("reset")
        began = stage.loop.time()
        assert isinstance(await sending, Unknown)
        assert stage.loop.time() - began < 0.1, "it hears of it at once"
        assert stage.posts == ["created-late"]

    played(tmp_path, story)


def test_what_was_frozen_arrives_when_it_is_thawed_however_late(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider, way = stage.provider("notifier"), stage.network.way("notifier", "twilio")
        assert await provider.find(stage.lost()) is None, "a connection is open"
        way.freeze()
        assert isinstance(await provider.send(stage.request()), Unknown)
        assert stage.posts == []
        way.thaw()
        await stage.heard_of(*DELIVERED)
        assert isinstance(await provider.find(stage.lost()), ProviderMessage)

    played(tmp_path, story)


def test_a_sender_killed_before_its_answer_has_sent_its_text(tmp_path: Path) -> None:
    outcomes: list[SendOutcome] = []

    async def story(stage: Stage) -> None:
        def killed() -> None:
            asked.append(None)
            if len(asked) == 2:  # in the step that writes
                stage.loop.call_soon(lambda: stage.loop.kill(sender))

        async def send() -> None:
            outcomes.append(await stage.provider("notifier").send(stage.request(before_write=killed)))

        asked: list[None] = []
        sender = stage.run("notifier", send())
        await stage.heard_of(*DELIVERED)
        assert not sender.alive
        assert stage.posts == ["created"]
        assert outcomes == []

    played(tmp_path, story)


def test_a_sender_that_stood_still_when_it_was_about_to_write_writes_nothing(tmp_path: Path) -> None:
    outcomes: list[SendOutcome] = []

    async def story(stage: Stage) -> None:
        until_when = stage.loop.time() + 10

        def in_time() -> None:
            if stage.loop.time() > until_when:
                raise TooLate("the claim is over")
            stage.loop.pause(sender)  # after this step: between the connection and the write

        async def send() -> None:
            outcomes.append(await stage.provider("notifier").send(stage.request(before_write=in_time)))

        sender = stage.run("notifier", send())
        await asyncio.sleep(60)
        assert outcomes == []
        stage.loop.resume(sender)
        await until(lambda: bool(outcomes))
        assert not isinstance(outcomes[0], Accepted)
        assert stage.posts == []

    played(tmp_path, story)


def test_answers_come_out_of_order(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        stage.network.way("notifier", "twilio").seconds = (0.0, 0.7)
        answered: list[str] = []

        async def send(to: str) -> None:
            assert isinstance(await provider.send(stage.request(to)), Accepted)
            answered.append(to)

        sent = [f"+4477009001{number:02}" for number in range(20)]
        await asyncio.gather(*(send(to) for to in sent))
        created = [message.to for message in stage.sim.account.book.all()]
        assert sorted(answered) == sorted(created) == sent
        assert answered != created

    played(tmp_path, story)


def test_a_simulator_that_is_killed_and_started_again_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        provider = stage.provider("notifier")
        assert isinstance(await provider.send(stage.request()), Accepted)
        stage.loop.kill(next(node for node in stage.loop.nodes if node.name == "twilio"))
        outcome = await provider.send(stage.request(BEN))
        assert not isinstance(outcome, Accepted)
        await stage.start_simulator()
        assert isinstance(await provider.find(stage.lost()), ProviderMessage)
        # Whatever it was saying when it was killed is lost.
        await until(lambda: any(one.status == "delivered" for one in stage.heard()))
        assert [text.to for text in stage.sim.texts()] == [ANNA]

    played(tmp_path, story)


@pytest.mark.parametrize("kind", ["created-hang", "created-drop", "created-5xx", "created-cut", "created-drip"])
def test_the_simulators_own_faults_work_by_name(kind: str, tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.sim.break_things(Fault(kind=kind, seconds=30))  # type: ignore[arg-type]
        provider = stage.provider("notifier")
        began = stage.loop.time()
        assert isinstance(await provider.send(stage.request()), Unknown)
        assert stage.loop.time() - began < 11
        assert isinstance(await provider.find(stage.lost()), ProviderMessage)

    played(tmp_path, story)
