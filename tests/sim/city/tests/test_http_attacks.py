"""What befalls HTTP in a city's histories strikes where it says: each trouble of the provider, each stray receipt, each way."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from devstack.twilio.faults import STAGES
from schemas.contracts import receipts
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.provider.port import (
    Accepted,
    FindRequest,
    LookupFailed,
    ProviderMessage,
    SendOutcome,
    SendRefused,
    SendRequest,
    Unknown,
)
from tests.sim.city.breaking.http import HTTP_SUFFERS, STRAYS, TROUBLES, WAYS, break_http, http_told
from tests.sim.city.machine import START
from tests.sim.city.provider import GATEWAY, TWILIO, NotingProvider
from tests.sim.city.system import SimSystem
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.heard import until

ANNA, TEXT = "+447700900101", "Power cut in your street, ref K7F3Q"
REQUEST = SendRequest(to=ANNA, body=TEXT, message_id="m-1", attempt=1, valid_seconds=600.0)
LOST = FindRequest(message_id="m-1", attempt=1, to=ANNA, body=TEXT, started_at=START)
AT_ONCE = ("sending", "sent", "delivered")
Scene = Callable[[SimSystem, NotingProvider], Awaitable[None]]


def played(folder: Path, scene: Scene) -> None:
    async def scenario(loop: SimLoop) -> None:
        system = SimSystem(loop, "postgresql://nowhere/outage", folder)
        system.start((TWILIO, GATEWAY))
        await until(lambda: not system.unready)
        await scene(system, system.sender("notifier"))

    run(3, scenario)


def heard(system: SimSystem) -> list[ReceiptReceived]:
    places = [system.broker.partition((receipts.TOPIC, number)) for number in range(4)]
    stored = sorted((one for place in places for one in place.records), key=lambda one: one.record.timestamp)
    return [msgspec.json.decode(one.record.value or b"", type=ReceiptReceived) for one in stored]


def comes_to(outcome: SendOutcome) -> str:
    return outcome.reason if isinstance(outcome, SendRefused) else type(outcome).__name__


@pytest.mark.parametrize(
    ("target", "comes"),
    [
        ("down", "Unknown"),
        ("hanging", "Unknown"),
        ("silent", "Unknown"),
        ("too busy", "too-many-requests"),
        ("refusing our login", "credentials-refused"),
        ("refusing a number", "bad-number"),
    ],
)
def test_what_the_provider_does_to_requests_is_what_a_sender_meets_until_it_is_over(
    target: str, comes: str, tmp_path: Path
) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        over = break_http(system, "provider", target, 1)
        assert over is not None
        assert comes_to(await sender.send(REQUEST)) == comes
        over()
        assert isinstance(await sender.send(REQUEST), Accepted)
        assert len(list(system.provider.created())) == (2 if target == "silent" else 1)
        assert system.provider.failed() == ({"m-1"} if target.startswith("refusing") else set())

    played(tmp_path, scene)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("not reaching a handset", ("sending", "sent", "undelivered")),
        ("failing a text", ("failed",)),
        ("losing receipts", ()),
        ("doubling receipts", ("sending", "sending", "sent", "sent", "delivered", "delivered")),
    ],
)
def test_what_the_provider_does_to_receipts_is_what_kafka_has_of_them(
    target: str, says: tuple[str, ...], tmp_path: Path
) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        assert break_http(system, "provider", target, 1) is not None
        assert isinstance(await sender.send(REQUEST), Accepted)
        assert system.provider.busy
        await until(lambda: not system.provider.busy)
        assert [one.status for one in heard(system)] == list(says)
        assert system.provider.failed() == ({"m-1"} if says[-1:] in (("undelivered",), ("failed",)) else set())
        assert [one.failed for one in system.provider.created()] == [bool(system.provider.failed())]

    played(tmp_path, scene)


def test_of_receipts_in_disorder_some_come_after_what_they_precede(tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        break_http(system, "provider", "disordering receipts", 1)
        orders = set()
        for number in range(5):
            before = len(heard(system))
            await sender.send(replace(REQUEST, message_id=f"m-{number}", body=f"{TEXT} {number}"))
            await until(lambda: not system.provider.busy)
            orders.add(tuple(one.status for one in heard(system)[before:]))
        assert len(orders) > 1
        assert all(sorted(order) == sorted(AT_ONCE) for order in orders)

    played(tmp_path, scene)


def test_a_provider_that_does_not_list_cannot_be_asked(tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        over = break_http(system, "provider", "not listing", 1)
        assert over is not None
        assert isinstance(await sender.find(LOST), LookupFailed)
        over()
        assert await sender.find(LOST) is None

    played(tmp_path, scene)


@pytest.mark.parametrize("target", STRAYS)
def test_a_stray_receipt_is_signed_and_comes_to_kafka(target: str, tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        outcome = await sender.send(REQUEST)
        assert isinstance(outcome, Accepted)
        await until(lambda: not system.provider.busy)
        before = len(heard(system))
        break_http(system, "receipt", target, 7)
        await until(lambda: len(heard(system)) > before)
        stray = heard(system)[-1]
        if target == "of an older state":
            assert (stray.status, stray.provider_sid, stray.message_id) == ("sent", outcome.sid, "m-1")
        else:
            assert stray.provider_sid != outcome.sid
            assert stray.message_id == ("nobodys-7" if target == "of nobody's text" else None)

    played(tmp_path, scene)


@pytest.mark.parametrize("number", [6, 7])
def test_an_answer_that_is_lost_leaves_a_text_that_is_found(number: int, tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        break_http(system, "answer-lost", WAYS[0], number)
        assert isinstance(await sender.send(REQUEST), Unknown)
        await until(lambda: not system.provider.busy)
        assert isinstance(await sender.find(LOST), ProviderMessage)

    played(tmp_path, scene)


def test_a_text_is_dated_by_when_it_was_written_however_long_it_was_held_up(tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        assert await sender.find(LOST) is None, "a connection is open"
        thaw = break_http(system, "way-frozen", WAYS[0], 1)
        assert thaw is not None
        began = system.now()
        assert isinstance(await sender.send(REQUEST), Unknown)
        thaw()
        await until(lambda: bool(list(system.provider.created())))
        (made,) = system.provider.created()
        assert (made.message_id, made.to) == ("m-1", ANNA)
        assert (made.written - began).total_seconds() < 1

    played(tmp_path, scene)


@pytest.mark.parametrize("kind", ["way-cut", "way-frozen"])
def test_a_way_that_is_broken_carries_again(kind: str, tmp_path: Path) -> None:
    async def scene(system: SimSystem, sender: NotingProvider) -> None:
        mend = break_http(system, kind, WAYS[0], 1)
        assert mend is not None
        assert comes_to(await sender.send(REQUEST)) == "not-connected"
        mend()
        assert isinstance(await sender.send(REQUEST), Accepted)

    played(tmp_path, scene)


def test_every_attack_is_told_to_a_person_and_every_trouble_has_its_stage() -> None:
    told = {http_told(kind, target, 7) for kind, targets in HTTP_SUFFERS for target in targets}
    assert len(told) == 5 * len(WAYS) + len(TROUBLES) + len(STRAYS)
    # No story's sender leaves texts to the provider until their time, so none is called back.
    stages = {stage for stage in STAGES for one in TROUBLES.values() if one.kind in STAGES[stage]}
    assert stages == set(STAGES) - {"cancel"}
