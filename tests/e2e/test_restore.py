"""A database that goes back to an earlier state under a running utility: nobody hears a thing twice, and nobody is forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from devstack.system import SERVICES, System
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import EXTENT, SAMPLE, Dispatch, fact
from tests.kits.system.on_duty import ctl, dispatch, system

__all__ = ["ctl", "dispatch", "system"]

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]

DOWN = (*SERVICES, "gateway")
WATERWORKS = {"lines": ["10千伏江滨线"], "areas": ["江滨路一带"]}


@asynccontextmanager
async def stopped(system: System) -> AsyncIterator[asyncpg.Connection]:
    """All that has the database open is down; yields an administrator's connection to another one."""
    for name in DOWN:
        await system.hold(name)
    admin = await asyncpg.connect(urlunsplit(urlsplit(system.stack.postgres)._replace(path="/template1")))
    try:
        yield admin
    finally:
        await admin.close()
    for name in DOWN:
        await system.release(name)
    await system.ready()


def name_of(system: System) -> str:
    return urlsplit(system.stack.postgres).path.removeprefix("/")


async def backed_up(system: System) -> None:
    async with stopped(system) as admin:
        await admin.execute(f'create database backup template "{name_of(system)}"')


async def put_back(system: System) -> None:
    async with stopped(system) as admin:
        await admin.execute(f'drop database "{name_of(system)}" with (force)')
        await admin.execute(f'create database "{name_of(system)}" template backup')


async def texts(ctl: Ctl) -> Counter[tuple[str, str]]:
    """How often each handset got each text."""
    found: Counter[tuple[str, str]] = Counter()
    said = await ctl.said("phones", "--json")
    if said.code == 0:
        for handset in await ctl.json("phones"):
            found.update((handset["number"], text["body"]) for text in handset["texts"])
    return found


async def until_texts(ctl: Ctl, at_least: int) -> Counter[tuple[str, str]]:
    async with asyncio.timeout(60):
        while (found := await texts(ctl)).total() < at_least:
            await asyncio.sleep(0.3)
    return found


async def test_after_a_restore_sending_stays_off_by_itself_until_the_list_is_reconciled_and_then_goes_on(
    system: System, ctl: Ctl, dispatch: Dispatch
) -> None:
    code, said = await ctl.run("import", "customers", str(SAMPLE))
    assert code == 0, said
    await ctl.until(lambda answer: answer["power"] == "no-outage-known", "explain", "DJ-0003")
    await backed_up(system)
    await dispatch.says(fact("outage.started.v1", "1", mRID="f1", outageClass="fault", startedAt="now", extent=EXTENT))
    before = await until_texts(ctl, 1)
    await asyncio.sleep(4)  # the quiet time: all that went is on the list
    before = await texts(ctl)
    await dispatch.says(fact("crew.status.v1", "2", mRID="f1", crewStatus="assigned", at="now"))

    await put_back(system)

    lanes = await ctl.until(lambda answer: all(lane["stopped"] for lane in answer), "sending", "status")
    assert {lane["who"] for lane in lanes} == {"notifier"}
    code, shown = await ctl.run("sending", "status")
    assert code == 0
    assert "went back to an earlier state" in shown
    (task,) = [one for one in await ctl.until(bool, "task", "list") if one["kind"] == "database-restored"]
    assert task["urgency"] == 1
    code, shown = await ctl.run("sending", "resume", "--reason", "let it go")
    assert (code, "not-reconciled" in shown, "outagectl sending reconcile" in shown) == (1, True, True), shown
    await dispatch.says(
        fact("outage.started.v1", "3", mRID="f2", outageClass="fault", startedAt="now", extent=WATERWORKS)
    )

    done = await ctl.json("sending", "reconcile", "--reason", "after the restore")
    assert done["afterRestore"]
    assert done["run"]["state"] == "done"
    assert (done["run"]["listed"], done["differences"]) == (before.total(), [])
    assert await texts(ctl) == before, "nothing went before it was let go"
    code, shown = await ctl.run("sending", "resume", "--reason", "reconciled")
    assert code == 0, shown

    after = await until_texts(ctl, before.total() + 1)
    await asyncio.sleep(5)
    after = await texts(ctl)
    assert {text: after[text] for text in before} == dict(before), "what went before is not said again"
    assert max(after.values()) == 1
    assert any("江滨" in body for _, body in after - before), "what came meanwhile is said"
    assert not [one for one in await ctl.json("task", "list") if one["kind"] == "database-restored"]
    # It is over: the next start finds the same topics, and knows.
    await system.hold("notifier")
    await system.release("notifier")
    await system.ready()
    await asyncio.sleep(2)
    assert not any(lane["stopped"] for lane in await ctl.json("sending", "status"))
