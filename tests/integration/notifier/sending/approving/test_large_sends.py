"""A send to more people than may be told unasked waits for a person; who must know at once does not wait."""

import msgspec
import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged
from services.kernel.operating import OperatorRequested
from services.kernel.operators.actions import ActionContext, Refusal
from services.notifier.sending.approving.large_sends import SQL, send_id
from services.notifier.sending.approving.requests import ACTIONS, APPROVE, REFUSE, OneSend
from services.notifier.sending.recorder import Recorder
from tests.kits.deciders.notifier import at, confirmed
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, out, resident, town

PEOPLE = [f"KC-{n:02}" for n in range(1, 8)]
HOSPITAL = "KC-00"


async def told(city: Town, above: int, *lines: str) -> Desks:
    """Seven customers and a hospital in the north, two in the south; power goes off."""
    city.approve_above = above
    desks = await city.process()
    south = [resident(f"S-{n}", SOUTH) for n in (1, 2)]
    await city.say(desks, resident(HOSPITAL, importance="special"), *map(resident, PEOPLE), *south)
    await city.settle(desks)
    await city.say(desks, out("F1", *lines))
    await city.settle(desks)
    return desks


async def held(city: Town) -> set[str]:
    rows = await city.pool.fetch(
        "select customer_id from notification where state = 'ready' and retry_after = 'infinity'"
    )
    return {row["customer_id"] for row in rows}


async def sends(city: Town) -> list[tuple[str, str, int, str]]:
    rows = await city.pool.fetch("select mrid, send_id, people, state from large_send order by mrid")
    return [tuple(row) for row in rows]


async def decided(city: Town, verdict: str, mrid: str = "F1") -> None:
    await city.pool.execute(SQL["decide"], mrid, verdict, city.clock.now(), "chen", "looked at it")
    while await city.pool.fetch(SQL["let_go"]):
        pass


async def causes(city: Town) -> list[tuple[str, str]]:
    rows = await city.pool.fetch("select mrid, ref from standing_cause where kind = 'approval'")
    return [tuple(row) for row in rows]


async def test_as_many_as_may_be_told_are_told_unasked(postgres: str) -> None:
    async with town(postgres) as city:
        await told(city, 8)
        assert await sends(city) == []
        assert await held(city) == set()


async def test_a_larger_send_is_known_before_the_first_is_told_and_waits_but_for_the_hospital(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        await told(city, 7)
        assert await sends(city) == [("F1", send_id("F1"), 8, "waiting")]
        assert await held(city) == {*PEOPLE}
        assert await causes(city) == [("F1", send_id("F1"))]
        assert await city.faults() == {}


async def test_people_under_two_places_count_once(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        city.approve_above = 7
        desks = await city.process()
        both = [resident(name, lines=(NORTH, SOUTH)) for name in PEOPLE]
        await city.say(desks, *both)
        await city.settle(desks)
        await city.say(desks, out("F1", NORTH, SOUTH))
        await city.settle(desks)
        assert await sends(city) == []


async def test_what_is_approved_goes_and_its_next_words_are_not_asked_about(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        desks = await told(city, 7)
        await decided(city, "approved")
        assert await held(city) == set()
        assert await causes(city) == []
        await city.say(desks, confirmed(at(5, 10)))
        await city.settle(desks)
        assert await held(city) == set()
        assert [state for *_, state in await sends(city)] == ["approved"]


async def test_a_send_that_reaches_more_than_twice_as_many_as_were_approved_is_asked_about_again(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        desks = await told(city, 1, SOUTH)
        await decided(city, "approved")
        await city.say(desks, ExtentChanged(mrid="F1", extent=Extent(lines=(NORTH, SOUTH)), changed_at=at(5, 9, 13)))
        await city.settle(desks)
        (send,) = await sends(city)
        assert send[3] == "waiting"
        assert send[2] > 4
        assert await held(city) == {*PEOPLE}


async def test_a_text_that_was_asked_for_while_somebody_approved_goes_all_the_same(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        await told(city, 7)
        # As if its transaction had still seen the send wait.
        await city.pool.execute("update large_send set state = 'approved', approved_for = 8")
        assert await held(city) == {*PEOPLE}
        await city.pool.fetch(SQL["let_go"])
        assert await held(city) == set()


@pytest.mark.parametrize(
    ("verdict", "reason", "calls"), [("refused", "send-refused", 0), (None, "send-not-approved", 7)]
)
async def test_what_nobody_approves_lapses_and_only_of_what_was_not_refused_a_person_is_told(
    postgres: str, verdict: str | None, reason: str, calls: int
) -> None:
    async with town(postgres, chunk=3) as city:
        desks = await told(city, 7)
        if verdict:
            await decided(city, verdict)
        assert await held(city) == {*PEOPLE}
        await city.pool.execute("delete from notification where customer_id = $1", HOSPITAL)
        await city.pool.execute("update notification set expires_at = $1", city.clock.now())
        await Recorder(desks.ingest, city.pool, "twilio", city.clock).expired(None)
        rows = await city.pool.fetch("select data from event where type = 'message.expired.v1'")
        assert [msgspec.json.decode(row["data"])["reason"] for row in rows] == [reason] * len(PEOPLE)
        unreached = "select count(*) from event where type = 'contact.unreached.v1'"
        assert await city.pool.fetchval(unreached) == calls


async def test_the_answer_names_the_send_and_says_what_stands_in_its_way(postgres: str) -> None:
    async with town(postgres, chunk=3) as city:
        desks = await told(city, 7)
        async with city.pool.acquire() as connection:

            async def asks(action: str, send: str, why: str = "looked at it") -> str:
                request = OperatorRequested(
                    request_id="1", who="chen", login="chen", action=action, why=why, asked_at=city.clock.now()
                )
                acting = ActionContext(desks.ingest.transaction, connection, request, city.clock.now())
                try:
                    answer = await ACTIONS[action].act(acting, OneSend(send=send))
                except Refusal as refusal:
                    return refusal.reason
                return answer.reason

            assert await asks(APPROVE, "F9") == "no-such-send"
            assert await asks(APPROVE, "F1", why=" ") == "no-reason-given"
            assert await asks(REFUSE, send_id("F1").lower()) == "send-refused"
            assert await asks(REFUSE, "F1") == "was-refused-already"
            assert await asks(APPROVE, "F1") == "send-approved"
        assert [state for *_, state in await sends(city)] == ["approved"]
