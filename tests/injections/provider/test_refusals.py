"""Injections 26-29 and 32: the provider refuses. Its own faults hold texts, charge nobody, and all go once when it is mended."""

import contextlib
import itertools
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest

from devstack.twilio.faults import Fault
from services.notifier.domain.provider import circuit
from tests.kits.stack.sending import Office
from tests.kits.stack.twilio import make_provider
from tests.kits.waiting import until

SOON = (timedelta(seconds=0.3), timedelta(seconds=0.6))


@pytest.fixture(autouse=True)
async def office(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    # The pauses of life would make these tests wait for minutes; that they grow, and how far, is held elsewhere.
    for scope in circuit.PAUSES:
        monkeypatch.setitem(circuit.PAUSES, scope, SOON)
    monkeypatch.setattr(circuit, "LATER", timedelta(seconds=0.3))
    yield office  # noqa: PT022 - the patches end after the office


async def opened(office: Office) -> Any:
    """The circuit that opened."""
    return await until_row(office, "select * from circuit where is_open")


async def until_row(office: Office, query: str) -> Any:
    """The first row of a query that gives one, in time."""
    row: Any = None

    async def there_is() -> bool:
        nonlocal row
        row = await office.pool.fetchrow(query)
        return row is not None

    await until(there_is, 10, query)
    return row


async def all_go_once(office: Office, texts: list[str]) -> None:
    """Each is taken, and was made once."""
    for text in texts:
        await office.comes_to(text, "accepted", 20)
    made = Counter(post.message_id for post in office.posts() if post.answer.startswith("created"))
    assert made == dict.fromkeys(texts, 1)


async def nobody_is_charged(office: Office) -> None:
    """No contact is held to be at fault."""
    query = "select count(*) from event where type in ('message.undelivered.v1', 'contact.unreached.v1')"
    assert await office.pool.fetchval(query) == 0


@pytest.mark.injection(26)
async def test_26_a_storm_of_429_loses_no_text_and_none_goes_before_the_time_that_was_asked_for(office: Office) -> None:
    texts = [await office.text() for _ in range(12)]
    office.sim.break_things(Fault(kind="throttle", times=8, seconds=1.0))
    async with office.at_work(office.sender()):
        await all_go_once(office, texts)
    for text in texts:
        attempts = await office.attempts(text)
        for refused, following in itertools.pairwise(attempts):
            if refused["http_status"] is not None:
                assert (refused["outcome"], refused["http_status"]) == ("not-created", 429)
                assert following["started_at"] - refused["closed_at"] >= timedelta(seconds=0.95)
    await nobody_is_charged(office)


@pytest.mark.injection(27)
@pytest.mark.parametrize(("code", "status"), [(20003, 401), (20403, 403), (99_999, 401)])
async def test_27_an_account_that_is_refused_for_all_holds_every_text_and_burns_none(
    office: Office, code: int, status: int
) -> None:
    texts = [await office.text() for _ in range(12)]
    office.sim.break_things(Fault(kind="refuse", code=code, status=status))
    async with office.at_work(office.sender(at_once=4)):
        assert (await opened(office))["scope"] == "account"
        assert {(await office.row(text))["state"] for text in texts} <= {"ready", "sending"}
        await nobody_is_charged(office)
        office.sim.account.faults.rules.clear()
        await all_go_once(office, texts)
    await nobody_is_charged(office)


@pytest.mark.injection(28)
@pytest.mark.parametrize(
    ("code", "reason"),
    [(21610, "opted-out"), (21211, "bad-number"), (21614, "not-a-mobile"), (21617, "too-long")],
)
async def test_28_what_can_never_go_there_is_tried_once_and_ends(office: Office, code: int, reason: str) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=code, number=office.number()))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "refused")
        other = await office.text()
        await office.comes_to(other, "accepted")
    (said,) = await office.log(text, "message.undelivered.v1")
    assert (said["reason"], said["code"]) == (reason, code)
    assert len(office.posts(text)) == 1
    assert await office.pool.fetchval("select count(*) from circuit where is_open") == 0


@pytest.mark.injection(28)
async def test_28_a_country_that_is_not_enabled_holds_its_texts_and_no_others(office: Office) -> None:
    office.prefix = "+16045550"
    held = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=21408, number=office.number()))
    async with office.at_work(office.sender(at_once=1)):
        row = await opened(office)
        assert (row["scope"], row["subject"]) == ("region", "CA")
        office.prefix = "+447700900"
        other = await office.text()
        await office.comes_to(other, "accepted")
        office.sim.account.faults.rules.clear()
        await all_go_once(office, [held, other])
    await nobody_is_charged(office)


@contextlib.contextmanager
def nobody_accepts() -> Iterator[int]:
    """A port whose queue of connections is full: who connects there waits."""
    with socket.socket() as door, contextlib.ExitStack() as waiting:
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(door.getsockname())
        yield door.getsockname()[1]


@pytest.mark.injection(29)
@pytest.mark.parametrize("what", ["no-name", "no-tls", "no-connection"])
async def test_29_where_no_connection_comes_about_nothing_was_created(office: Office, what: str) -> None:
    texts = [await office.text() for _ in range(3)]
    sender = office.sender()
    with nobody_accepts() as port:
        away = {
            "no-name": "http://provider.invalid",
            "no-tls": office.sim.url.replace("http:", "https:"),
            "no-connection": f"http://127.0.0.1:{port}",
        }[what]
        there, sender._provider = sender._provider, make_provider(away, total_seconds=1.0)
        office.exits.push_async_callback(sender._provider.close)
        async with office.at_work(sender):
            query = "select * from attempt where outcome = 'not-created'"
            assert (await until_row(office, query))["fault"] == "network"
            assert office.posts() == []
            sender._provider = there
            await all_go_once(office, texts)
    await nobody_is_charged(office)


@pytest.mark.injection(32)
async def test_32_an_error_as_rfc_9457_is_read_as_the_same_error(office: Office) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="refuse", code=21211, number=office.number(), problem_json=True))
    async with office.at_work(office.sender()):
        await office.comes_to(text, "refused")
    (said,) = await office.log(text, "message.undelivered.v1")
    assert (said["reason"], said["code"]) == ("bad-number", 21211)
    assert len(office.posts(text)) == 1


@pytest.mark.injection(32)
@pytest.mark.parametrize("problem_json", [False, True], ids=["as Twilio's own", "as RFC 9457"])
async def test_32_a_code_that_nobody_knows_is_tried_once_more_and_then_it_ends(
    office: Office, *, problem_json: bool
) -> None:
    text = await office.text()
    fault = Fault(kind="refuse", code=98_765, status=400, number=office.number(), problem_json=problem_json)
    office.sim.break_things(fault)
    async with office.at_work(office.sender()):
        await office.comes_to(text, "refused")
    assert [attempt["outcome"] for attempt in await office.attempts(text)] == ["not-created", "refused"]
    (said,) = await office.log(text, "message.undelivered.v1")
    assert (said["reason"], said["code"]) == ("unlisted-code", 98_765)
