"""A network brought in by `outagectl import network`, on a real Kafka: what is told, what is not told twice, what is seen of it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from operations.errors import Away
from operations.network.lookup import network_on_topic, registered
from operations.system.broker import each_record
from operations.system.location import Where
from schemas.cloudevent import CloudEvent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.network import NetworkElement, NetworkElementRemoved, NetworkModelImported
from services.kernel.clock import SystemClock
from services.places.topology.checks import check, check_registered
from tests.kits.ctl import Ctl
from tests.kits.stack.importing.network import Office, network_office
from tests.kits.waiting import until

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "connectors" / "samples"
CITY = (
    "$SS,substation,$东江变电站,,",
    "$L1,line,$城东线,$SS@$sw1,",
    "$L2,line,$工业线,$SS,",
    "$T1,transformer,$中山路1号公变,$L1;$L2@$tie:open,",
)


@pytest.fixture
async def office(kafka: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ctl: Ctl) -> Office:
    return await network_office(kafka, monkeypatch, tmp_path, ctl)


async def test_a_network_comes_in_whole_and_the_same_file_again_tells_nothing(office: Office) -> None:
    dry = await office.imports(*CITY, words=["--dry-run"])
    assert (dry["new"], dry["sent"], await office.records()) == (4, 0, [])
    first = await office.imports(*CITY)
    assert (first["new"], first["sent"], first["whole"]) == (4, 5, True)
    told = await office.records()
    assert len(told) == 5
    state = await office.state()
    assert isinstance(state[f"{office.prefix}gis"], NetworkModelImported)
    line: NetworkElement = state[f"{office.prefix}L1"]
    assert (line.name, line.fed_from[0].through[0].switch) == (f"{office.prefix}城东线", f"{office.prefix}sw1")
    again = await office.imports(*CITY)
    assert (again["unchanged"], again["sent"], again["whole"]) == (4, 0, True)
    assert len(await office.records()) == 5


async def test_a_new_edition_tells_what_changed_and_prunes_by_word(office: Office) -> None:
    await office.imports(*CITY)
    renamed = (*CITY[:2], "$L2,line,$工业二线,$SS,")
    kept = await office.imports(*renamed, date=2)
    assert (kept["changed"], kept["missing"], kept["sent"], kept["whole"]) == (1, 1, 1, False)
    code, said = await office.ctl.run("import", "network", office.file(*renamed, date=2), "--prune")
    assert code == 1
    assert "1 of 4 elements of" in said
    assert "add --yes" in said
    pruned = await office.imports(*renamed, date=2, words=["--prune", "--yes"])
    assert (pruned["pruned"], pruned["sent"], pruned["whole"]) == (1, 2, True)
    state = await office.state()
    assert isinstance(state[f"{office.prefix}T1"], NetworkElementRemoved)
    assert state[f"{office.prefix}gis"].elements == 3
    assert state[f"{office.prefix}L1"].model.date < state[f"{office.prefix}L2"].model.date


async def test_an_older_edition_is_refused_with_the_way_on(office: Office) -> None:
    await office.imports(*CITY, date=5)
    code, said = await office.ctl.run("import", "network", office.file(*CITY[:3], date=4))
    assert code == 1
    assert "so it is older" in said
    assert "save it again" in said
    assert len(await office.records()) == 5


async def test_a_file_with_one_wrong_row_tells_nothing(office: Office) -> None:
    answer = await office.imports(*CITY, "$T2,transformer,$中山路2号公变,$L9,", code=1)
    (error,) = answer["errors"]
    assert (answer["refused"], error["line"], error["column"]) == (True, 6, "fed_from")
    assert await office.records() == []


async def test_an_element_is_shown_as_switches_now_stand(office: Office) -> None:
    await office.imports(*CITY)
    said = (await office.ctl.run("network", "show", f"{office.prefix}中山路1号公变"))[1]
    assert f"Power comes from {office.prefix}城东线 ({office.prefix}L1)" in said
    assert f"through {office.prefix}tie (open)" in said
    await office.throws("sw1", "open")
    await office.throws("tie", "closed")
    (shown,) = await office.ctl.json("network", "show", f"{office.prefix}T1")
    assert [one["elementId"] for one in shown["fedBy"]["first"]] == [f"{office.prefix}L2", f"{office.prefix}SS"]
    (dark,) = await office.ctl.json("network", "show", f"{office.prefix}L1")
    assert (dark["powered"], dark["feeds"]["count"]) == (False, 0), "its transformer hangs on the next line now"
    code, _ = await office.ctl.run("network", "show", f"{office.prefix}nowhere")
    assert code == 3


async def test_elements_of_one_name_are_shown_both(office: Office) -> None:
    await office.imports(*CITY, "$A,area,$城东线,,")
    shown = await office.ctl.json("network", "show", f"{office.prefix}城东线")
    assert {one["element"]["kind"] for one in shown} == {"line", "area"}


async def test_the_check_knows_switches_and_who_is_registered_where(office: Office) -> None:
    await office.imports(*CITY)
    works = CustomerUpserted(
        customer_id=f"{office.prefix}works",
        name="works",
        importance="first",
        lines=(f"{office.prefix}城东线", f"{office.prefix}城西线"),
        updated_at=SystemClock().now(),
    )
    await office.sends(
        CloudEvent(
            source="/outage/registry-import",
            id=works.customer_id,
            type="customer.upserted.v1",
            time=works.updated_at,
            data=works,
        )
    )
    assert await _found(office) == {("registered-nowhere", f"{office.prefix}works: {office.prefix}城西线")}
    (shown,) = await office.ctl.json("network", "show", f"{office.prefix}L1")
    assert shown["registered"] == {"count": 1, "first": [{"customerId": works.customer_id, "name": None}]}
    answer = await office.ctl.json("network", "check", code=1)
    assert "registered-nowhere" in {one["trouble"] for one in answer["troubles"]}
    await office.throws("sw1", "open")
    assert ("no-source", f"{office.prefix}L1") in await _found(office)
    await office.throws("tie", "closed")
    await office.throws("sw1", "closed")
    assert ("two-ways", f"{office.prefix}T1") in await _found(office)


async def _found(office: Office) -> set[tuple[str, str]]:
    """What is wrong with this test's part of the network and of the registry: the trouble, and the element or the customer."""
    where = Where(kafka=office.kafka)
    model, places = (await network_on_topic(where)).model, await registered(where)
    mine = [(customer, extent) for customer, extent in places.items() if customer.startswith(office.prefix)]
    return {
        *((one.trouble, one.elements[0]) for one in check(model) if one.elements[0].startswith(office.prefix)),
        *((one.trouble, one.about) for one in check_registered(model, mine)),
    }


async def test_the_sample_city_comes_in_and_nothing_is_wrong_with_it(office: Office, ctl: Ctl) -> None:
    answer = await ctl.json("import", "network", str(SAMPLES / "dongjiang-network.csv"))
    assert (answer["elements"], answer["whole"]) == (40, True)
    assert (await ctl.json("network", "check", "--file", str(SAMPLES / "dongjiang-network.csv")))["troubles"] == []
    (shown,) = await ctl.json("network", "show", "10kV城东线")
    assert shown["customersServed"] == 1840


async def test_a_topic_that_is_not_there_is_named_with_what_makes_it(office: Office) -> None:
    with pytest.raises(Away, match=r"has no topic outage\.nothing: make it as deploy/k8s/base/topics has it"):
        async for _ in each_record(Where(kafka=office.kafka), "outage.nothing"):
            pass


# Last, for every command reads the topic whole: the others would read its twenty thousand elements each time.
async def test_an_import_killed_half_way_is_simply_run_again(office: Office) -> None:
    points = [f"$P{n},usagePoint,$p{n},$T1," for n in range(20_000)]
    path, before = office.file(*CITY, *points), await office.length()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "outagectl", "import", "network", path, cwd=ROOT, env=os.environ
    )

    async def begun() -> bool:
        return await office.length() > before + 500

    await until(begun, 60, "the first words on the topic")
    process.kill()
    await process.wait()
    part = await office.state()
    assert (await network_on_topic(Where(kafka=office.kafka))).editions[f"{office.prefix}gis"] is None
    assert len(part) < 20_005, "it was killed half-way"
    assert f"{office.prefix}gis" not in part
    rest = await office.ctl.json("import", "network", path)
    assert (rest["new"] + rest["unchanged"], rest["whole"]) == (20_004, True)
    assert 0 < rest["new"] < 20_004
    assert len(await office.state()) == 20_005
