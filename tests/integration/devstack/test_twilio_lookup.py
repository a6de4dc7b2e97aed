"""Looking for the message of an attempt whose answer was lost: never a wrong yes, never a false no."""

from datetime import timedelta
from pathlib import Path

import pytest

from devstack.twilio.config import SimulatorSettings
from devstack.twilio.faults import Fault
from services.notifier.domain.provider.port import Accepted, LookupFailed, ProviderMessage
from tests.kits.stack.twilio import ANNA, BEN, CLOCK, World, control, world
from tests.kits.waiting import until

TEXT = "Power cut in your street, ref K7F3Q"


async def sent(stage: World, to: str = ANNA, body: str = TEXT) -> str:
    outcome = await stage.provider.send(stage.request(to=to, body=body))
    assert isinstance(outcome, Accepted)
    return outcome.sid


async def test_a_list_that_lags_shows_the_message_later_while_fetch_sees_it_at_once(tmp_path: Path) -> None:
    settings = SimulatorSettings(list_lag_seconds=0.6)
    async with world(tmp_path, settings=settings) as stage:
        sid = await sent(stage)
        assert await stage.provider.find(stage.lost()) is None
        fetched = await stage.provider.fetch(sid)
        assert isinstance(fetched, ProviderMessage)
        began = CLOCK.monotonic()
        found = None
        while found is None and CLOCK.monotonic() - began < 3:
            found = await stage.provider.find(stage.lost())
        assert isinstance(found, ProviderMessage)
        assert found.sid == sid
        assert CLOCK.monotonic() - began > 0.3


@pytest.mark.parametrize("kind", ["list-5xx", "list-throttle", "list-hang", "list-drop"])
async def test_a_list_that_fails_is_not_taken_for_no_message(kind: str, tmp_path: Path) -> None:
    async with world(tmp_path, total_seconds=0.5) as stage:
        sid = await sent(stage)
        # Twice, because a list is safe to ask again and the HTTP library may do so on a broken connection.
        stage.sim.break_things(Fault(kind=kind, times=2))  # type: ignore[arg-type]
        failed = await stage.provider.find(stage.lost())
        assert isinstance(failed, LookupFailed)
        assert failed.why
        assert ANNA not in failed.why
        stage.sim.account.faults.rules.clear()
        found = await stage.provider.find(stage.lost())
        assert isinstance(found, ProviderMessage)
        assert found.sid == sid


async def test_texts_to_others_and_other_texts_do_not_count(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await sent(stage, to=BEN)
        await sent(stage, body=TEXT + " ")
        await sent(stage, body="from another system of ours")
        assert await stage.provider.find(stage.lost()) is None


def next_word(by: str, code: str = "K7F3Q", more: str = "") -> str:
    return f"Power is off in your street. We will tell you more by {by}.{more} Questions: 95598, ref {code}."


async def test_a_text_that_may_have_been_worded_at_another_hour_is_known_by_its_code_and_what_else_it_says(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as stage:
        lost = stage.lost(body=next_word("10:15"), ref="K7F3Q")
        await sent(stage, body=next_word("11:15", code="9XXXX"))
        await sent(stage, body=next_word("11:15", more=" We are sorry."))
        assert await stage.provider.find(lost) is None, "of another outage, or another text about this one"
        sid = await sent(stage, body=next_word("11:15"))
        assert await stage.provider.find(stage.lost(body=next_word("10:15"))) is None, (
            "an attempt whose words are known"
        )
        found = await stage.provider.find(lost)
        assert isinstance(found, ProviderMessage)
        assert found.sid == sid


async def test_of_texts_that_are_alike_the_one_with_the_same_times_is_meant_and_no_other_is_its_double(
    tmp_path: Path,
) -> None:
    async with world(tmp_path) as stage:
        await sent(stage, body=next_word("11:15"))
        sid = await sent(stage, body=next_word("13:15"))
        found = await stage.provider.find(stage.lost(body=next_word("13:15"), ref="K7F3Q"))
        assert isinstance(found, ProviderMessage)
        assert (found.sid, found.doubles) == (sid, ())


async def test_a_message_that_belongs_to_another_attempt_does_not_count(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        first = await sent(stage)
        assert await stage.provider.find(stage.lost(owned=frozenset({first}))) is None
        second = await sent(stage)
        found = await stage.provider.find(stage.lost(owned=frozenset({first})))
        assert isinstance(found, ProviderMessage)
        assert found.sid == second


async def test_a_text_is_found_by_a_clock_that_is_ahead_and_one_of_long_ago_does_not_count(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await sent(stage)
        ahead, long_after = (CLOCK.wall() + timedelta(minutes=minutes) for minutes in (50, 70))
        assert isinstance(await stage.provider.find(stage.lost(started_at=ahead)), ProviderMessage)
        assert await stage.provider.find(stage.lost(started_at=long_after)) is None


async def test_the_customers_own_words_do_not_count(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        await control(stage.sim.url, "POST", "inbound", {"from": BEN, "to": ANNA, "body": TEXT})
        assert await stage.provider.find(stage.lost(to=ANNA)) is None


async def test_a_double_is_reported_with_the_first_message_adopted(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        sids = {await sent(stage), await sent(stage)}
        found = await stage.provider.find(stage.lost())
        assert isinstance(found, ProviderMessage)
        assert {found.sid, *found.doubles} == sids
        assert len(found.doubles) == 1


async def test_a_message_behind_many_newer_ones_is_still_found(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        sid = await sent(stage)
        for turn in range(120):
            await sent(stage, body=f"another text, {turn}")
        found = await stage.provider.find(stage.lost())
        assert isinstance(found, ProviderMessage), "two full pages of newer texts lie before it"
        assert found.sid == sid


async def test_fetching_tells_the_state_and_knows_what_never_was(tmp_path: Path) -> None:
    async with world(tmp_path) as stage:
        stage.sim.break_things(Fault(kind="undelivered", number=ANNA, code=30005))
        sid = await sent(stage)
        await until(lambda: not stage.sim.account.book.unfinished())
        fetched = await stage.provider.fetch(sid)
        assert isinstance(fetched, ProviderMessage)
        assert (fetched.status, fetched.error_code) == ("undelivered", 30005)
        assert await stage.provider.fetch("SM" + "0" * 32) is None
