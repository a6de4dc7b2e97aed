"""What a country's rules let nobody carry is not claimed: the next contact, or a person, hears of it; some wait for an hour."""

from datetime import timedelta

from tests.kits.stack.two_providers import Pair

RULES = """
[default.providers.twilio]
[GB]
urls = false
[GB.providers.twilio]
per_day = 2
[GB.providers.sms-gateway]
weight = 0
per_day = 2
"""


async def _gave_up(pair: Pair, text: str) -> str:
    await pair.office.comes_to(text, "refused", 20)
    (said,) = await pair.office.log(text, "message.undelivered.v1")
    reason: str = said["reason"]
    return reason


async def test_the_first_text_to_an_imported_number_goes_by_whoever_carries_its_country(pair: Pair) -> None:
    office = pair.office
    text = await office.text()
    # As a version before left numbers that came in a file: it learned their country when it first used them.
    await office.pool.execute("update contact_vault set country = null")
    by_country = "[default.providers.twilio]\n[GB.providers.sms-gateway]\nsignature = true\n"
    async with pair.at_work(countries=by_country):
        await office.comes_to(text, "accepted", 20)
    assert [one["provider"] for one in await office.attempts(text)] == ["sms-gateway"]
    assert await office.pool.fetchval("select country from contact_vault") == "GB"


async def test_a_text_with_an_address_is_not_claimed_where_none_may_be_and_a_person_is_called(pair: Pair) -> None:
    office = pair.office
    text = await office.text()
    await office.pool.execute("update notification set body = body || ' https://outage.example/7'")
    async with pair.at_work(countries=RULES):
        assert await _gave_up(pair, text) == "no-urls-there"
    assert pair.posts(text) == ([], [])
    assert await office.attempts(text) == []
    called = await office.pool.fetchval("select count(*) from event where type = 'contact.unreached.v1'")
    assert called == 1


async def test_a_number_that_had_its_texts_by_one_provider_gets_the_next_by_the_other_and_then_none(pair: Pair) -> None:
    office = pair.office
    first = await office.text()
    async with pair.at_work(countries=RULES):
        await office.comes_to(first, "accepted", 20)
    # Two more for the same number, as of another site of theirs.
    number = office.number
    office.number = lambda: number().replace(number()[-3:], "101")  # type: ignore[method-assign]
    second, third = await office.text(), await office.text()
    async with pair.at_work(countries=RULES):
        await office.comes_to(second, "delivered", 20)
        assert await _gave_up(pair, third) == "number-had-its-texts"
    assert [one["provider"] for one in await office.attempts(second)] == ["sms-gateway"]
    assert pair.posts(third) == ([], [])


async def test_outside_the_hours_of_a_country_a_text_waits_for_them(pair: Pair) -> None:
    office = pair.office
    text = await office.text()
    now = office.clock.now()
    opens = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    hours = f'hours = "{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"\nzone = "UTC"\n'
    async with pair.at_work(countries="[default]\n" + hours + "[default.providers.twilio]\n"):
        while (await office.row(text))["not_before"] != opens:
            assert pair.posts(text) == ([], [])
        office.clock.now_ahead = opens - now + timedelta(seconds=5)
        await office.comes_to(text, "accepted", 20)
    assert len(await office.attempts(text)) == 1


async def test_a_bar_that_was_decided_is_said_though_whoever_decided_it_was_killed(pair: Pair) -> None:
    office = pair.office
    text = await office.text()
    await office.pool.execute("update notification set barred = 'no-urls-there'")
    async with pair.at_work():
        assert await _gave_up(pair, text) == "no-urls-there"
    async with pair.at_work():
        assert len(await office.log(text, "message.undelivered.v1")) == 1


ASKS = "收到请回复1。"
BRINGS = """
[default.providers.twilio]
[GB]
two_way = false
[GB.providers.sms-gateway]
two_way = true
[GB.providers.twilio]
weight = 0
"""
BRINGS_NOT = BRINGS.replace("two_way = true\n", "")


async def test_a_text_asks_for_an_answer_where_its_provider_brings_answers_and_not_elsewhere(pair: Pair) -> None:
    office = pair.office
    first = await office.text()
    await office.pool.execute("update notification set invites = $1", ASKS)
    async with pair.at_work(countries=BRINGS):
        await office.comes_to(first, "accepted", 20)
    second = await office.text()
    await office.pool.execute("update notification set invites = $1", ASKS)
    async with pair.at_work(countries=BRINGS_NOT):
        await office.comes_to(second, "accepted", 20)
    await pair.settled()
    words = {one.message_id: one.body for one in pair.handsets()}
    own = {name: (await office.row(name))["body"] for name in (first, second)}
    assert words[first].endswith(f"{own[first]}{ASKS}")
    assert words[second].endswith(own[second])
    assert [one["body"] for name in (first, second) for one in await office.attempts(name)] == [own[first] + ASKS, None]
    (taken,) = await office.log(first, "message.accepted.v1")
    assert taken["body"] == own[first] + ASKS, "the log has what was said"
