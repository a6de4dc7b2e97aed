"""What the network was at an earlier instant, asked of a service's copy: the topic has the last word only."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest

from tests.kits.ctl import Ctl
from tests.kits.network.copied import brought
from tests.kits.network.models import START, by, element, thrown, whole
from tests.kits.stack.databases import database, pool_in

CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="城东线"),
    element("L2", "line", "ss", name="城西线"),
    element("T1", "transformer", by("L1", "sw"), by("L2", "tie", normally="open"), name="中山路公变"),
]
HOUR = 3600


@pytest.fixture
async def pool(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncpg.Pool]:
    async with database(postgres, "planner") as dsn:
        monkeypatch.setenv("OUTAGE_POSTGRES", dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        made = await pool_in(dsn, "planner", most=2)
        yield made
        await made.close()


def at(seconds: int) -> str:
    instant: datetime = START + timedelta(seconds=seconds)
    return instant.isoformat()


async def test_an_element_and_a_switch_are_shown_as_they_stood_then(pool: asyncpg.Pool, ctl: Ctl) -> None:
    await brought(pool, *CITY, whole(CITY))
    await brought(pool, thrown("sw", "open", HOUR), thrown("tie", "closed", HOUR), after=HOUR)
    await brought(pool, element("L2", "line", "ss", name="城西二线"), after=2 * HOUR)
    await brought(pool, thrown("sw", "closed", 3 * HOUR), thrown("tie", "open", 3 * HOUR), after=3 * HOUR)
    fed = {}
    for hours in (0, 1, 3):
        (shown,) = await ctl.json("network", "show", "T1", "--at", at(hours * HOUR + 60))
        fed[hours] = [one["name"] for one in shown["fedBy"]["first"] if one["kind"] == "line"]
    assert fed == {0: ["城东线"], 1: ["城西线"], 3: ["城东线"]}
    (before,) = await ctl.json("network", "show", "L2", "--at", at(60))
    (since,) = await ctl.json("network", "show", "L2", "--at", at(2 * HOUR + 60))
    assert (before["element"]["name"], since["element"]["name"]) == ("城西线", "城西二线")


async def test_before_anything_was_known_it_says_so(pool: asyncpg.Pool, ctl: Ctl) -> None:
    await brought(pool, *CITY, whole(CITY))
    code, said = await ctl.run("network", "show", "T1", "--at", at(-HOUR))
    assert code == 3, "not found"
    assert "nothing was known of the network then" in said


async def test_an_instant_that_has_not_come_is_refused(pool: asyncpg.Pool, ctl: Ctl) -> None:
    assert pool is not None
    code, said = await ctl.run("network", "show", "T1", "--at", "2099-01-01T00:00")
    assert code == 2
    assert "lies ahead of now" in said
