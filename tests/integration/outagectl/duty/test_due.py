"""What is late is told first, with what it waits for: on the notifier's real tables."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl
from tests.kits.stack import sending
from tests.kits.stack.sending import Office


@pytest.fixture
async def office(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    async with sending.office(postgres, tmp_path) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made.dsn)
        monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
        yield made


@pytest.fixture
def timers(ctl: Ctl) -> Ctl:
    return ctl.of("timers")


async def test_late_timers_come_first_and_say_what_they_wait_for(office: Office, timers: Ctl) -> None:
    text, _ = await office.text(), await office.text()
    now = SystemClock().now()
    assert await timers.json("--late") == []
    whole = await timers.json()
    assert not any(row["late"] for row in whole)
    hour = timedelta(hours=1)
    await office.pool.execute("update timer set due_at = $2 where name = $1", f"expire/{text}", now - hour)
    (late,) = await timers.json("--late")
    assert late["name"] == f"expire/{text}"
    assert late["mRIDs"] == ["F-1"]
    assert "has read nothing yet: is it running?" in late["waitsFor"]
    assert (await timers.json())[0] == late | {"inSeconds": (await timers.json())[0]["inSeconds"]}
    await office.pool.execute(
        "insert into consumer_offset (topic, partition, first_offset, next_offset, watermark) "
        "values ('outage.dispatch', 3, 0, 5, $1)",
        now - 2 * hour,
    )
    code, said = await timers.run("--late")
    assert code == 0
    assert "1 timer late" in said
    assert "outage.dispatch[3] is read up to" in said
    parked = uuid4()
    await office.pool.execute("update stream set parked_by = $1 where stream_id = $2", parked, late["stream"])
    (late,) = await timers.json("--late", "--outage", "F-1")
    assert late["parkedBy"] == str(parked)
    assert f"outagectl quarantine show {parked}" in late["waitsFor"]


async def test_what_comes_at_one_instant_to_many_is_one_line(office: Office, timers: Ctl) -> None:
    for _ in range(5):
        await office.text()
    await office.pool.execute(
        "update timer set due_at = $1 where name = 'say/F-1'", SystemClock().now() + timedelta(hours=1)
    )
    code, said = await timers.run("--due", "3h")
    assert code == 0
    assert said.count("what we told them about F-1 runs out") == 1
    assert "KC-01, KC-02, KC-03" in said
    assert "2 more" in said, "names beyond the third are counted"
    code, said = await timers.run("--limit", "1")
    assert "later ones not shown" in said


@pytest.mark.parametrize(("words", "code"), [(("--due", "soon"), 2), (("--service", "nobody"), 3)])
async def test_a_wrong_question_is_refused(office: Office, timers: Ctl, words: tuple[str, ...], code: int) -> None:
    del office
    assert (await timers.run(*words))[0] == code
