"""Injections 7 and 8: two senders at once, and clocks that jump."""

from collections import Counter
from datetime import timedelta

import pytest

from devstack.twilio.faults import Fault
from tests.kits.stack.sending import Office

HOUR = timedelta(hours=1)


@pytest.mark.injection(7)
async def test_07_two_senders_that_claim_at_once_take_different_texts(office: Office) -> None:
    texts = [await office.text() for _ in range(40)]
    # Slowly, so that neither has taken all before the other begins.
    senders = [office.sender(per_second=40.0, at_once=4) for _ in range(2)]
    async with office.at_work(*senders):
        for text in texts:
            await office.comes_to(text, "accepted", 20)
    assert Counter(post.message_id for post in office.posts()) == dict.fromkeys(texts, 1)
    owners = Counter([(await office.attempts(text))[0]["owner"] for text in texts])
    assert set(owners) == {sender.owner for sender in senders}


@pytest.mark.injection(8)
@pytest.mark.parametrize(
    ("when", "made"),
    [
        ("before the attempt", True),
        ("during the look-up", True),
        ("during the look-up", False),
        ("mended during the look-up", True),
    ],
)
async def test_08_a_clock_an_hour_ahead_doubles_and_loses_nothing(office: Office, when: str, *, made: bool) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop" if made else "drop", number=office.number(), times=1))
    office.sim.settings.list_lag_seconds = 0.4
    sender = office.sender()
    if when != "during the look-up":
        office.clock.wall_ahead = HOUR
    async with office.at_work(sender, office.resolver(sender, quiet=0.8)):
        await office.comes_to(text, "unknown")
        office.clock.wall_ahead = timedelta(0) if when == "mended during the look-up" else HOUR
        await office.comes_to(text, "accepted")
    assert [post.answer for post in office.posts(text)] == (["created-drop"] if made else ["drop", "created"])


@pytest.mark.injection(8)
@pytest.mark.parametrize("made", [True, False], ids=["made", "not made"])
async def test_08_a_clock_an_hour_behind_makes_texts_wait_until_it_is_right_and_none_go_twice(
    office: Office, *, made: bool
) -> None:
    text = await office.text()
    office.sim.break_things(Fault(kind="created-drop" if made else "drop", number=office.number(), times=1))
    office.sim.settings.list_lag_seconds = 0.4
    sender = office.sender()
    async with office.at_work(sender, office.resolver(sender, quiet=0.8)):
        await office.comes_to(text, "unknown")
        office.clock.wall_ahead = -HOUR
        # By that clock the text is asked for in an hour.
        await office.comes_to(text, "accepted" if made else "ready")
        office.clock.wall_ahead = timedelta(0)
        await office.comes_to(text, "accepted")
    assert [post.answer for post in office.posts(text)] == (["created-drop"] if made else ["drop", "created"])
