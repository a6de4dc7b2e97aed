"""Bundles of evidence of one outage, as `outagectl` makes them: of a restorer's log, two texts sent, and heads signed midway."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from operations.evidence.form import Sealed, read
from operations.system.location import Where
from operations.system.services import load
from operations.system.signing_key import public_keys
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, ComplaintReceivedV1, OutageStarted
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.model import Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.main import folders
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.ctl import Ctl
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack import sending
from tests.kits.stack.databases import pool_in


@dataclass
class Bundles:
    """The bundles of outage F-1 and what signed them; `said`: what `outagectl evidence` said of the whole one."""

    file: Path
    one_customer: Path
    early: Path
    private: Path
    public: Path
    said: str

    @property
    def keys(self) -> dict[str, Any]:
        return public_keys([self.public])

    @property
    def sealed(self) -> Sealed:
        return read(self.file)


async def make_bundles(postgres: str, folder: Path, patch: pytest.MonkeyPatch) -> Bundles:
    """A database of its own, and the files in `folder`; `patch` sets where the commands look."""
    key = folder / "heads.pem"
    made = Bundles(folder / "f1.json.gz", folder / "kc2.json", folder / "early.json", key, folder / "heads.pem.pub", "")
    async with sending.office(postgres, folder / "twilio") as office:
        patch.setenv("OUTAGE_POSTGRES", office.dsn)
        for name in ("planner", "restorer"):
            await migrate(office.dsn, name, folders(name))
        pool = await pool_in(office.dsn, "restorer", most=2)
        restorer = Ingest(
            Transaction(load("restorer", Where(postgres=office.dsn)), pool, Telemetry("restorer")),
            PaperBroker(),
            SystemClock(),
        )
        now = SystemClock().now()
        await ctl("heads", "key", "new", str(key))
        first, second = await office.text(), await office.text()
        async with office.at_work(office.sender()):
            await office.comes_to(first, "accepted")
            await office.comes_to(second, "accepted")
        extent = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
        started = OutageStarted(mrid="F-1", outage_class="fault", started_at=now, extent=extent)
        await tell(restorer, started, "F-1", "1")
        await tell(restorer, OutageStarted(mrid="F-2", outage_class="fault", started_at=now, extent=extent), "F-2", "2")
        await ctl("evidence", "F-1", "--out", str(made.early), "--customer", "KC-01")
        exported = folder / "heads.jsonl"
        await ctl("heads", "sign", "--key", str(key), "--to", str(exported))
        await tell(restorer, CauseCleared(mrid="F-1", cleared_at=now + timedelta(seconds=1)), "F-1", "3")
        complaint = ComplaintReceivedV1(
            mrid="F-1", complaint_id="C-7", received_at=now, subject="王女士,电话13800138000"
        )
        await tell(restorer, complaint, "F-1", "5")
        await tell(restorer, CauseCleared(mrid="F-2", cleared_at=now + timedelta(seconds=1)), "F-2", "4")
        made.said = await ctl("evidence", "F-1", "--out", str(made.file), "--key", str(key))
        await ctl(
            "evidence", "F-1", "--out", str(made.one_customer), "--customer", "KC-02", "--sign-now", "--key", str(key)
        )
        assert (await Ctl().said("evidence", "F-9")).code == 3
        await _heads_by_command(exported, made.public, pool)
        await pool.close()
    return made


def lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


async def _heads_by_command(exported: Path, public: Path, pool: asyncpg.Pool) -> None:
    listed = json.loads(await ctl("heads", "list", "--json"))
    assert sorted((one["service"], one["number"]) for one in listed) == [
        ("notifier", 1),
        ("restorer", 1),
        ("restorer", 2),
    ]
    assert "3 heads" in await ctl("heads", "list")
    assert lines(exported) == 2
    said = await ctl("heads", "verify", "--public", str(public), "--against", str(exported))
    assert "not looked at, no head was ever signed" not in said, "where there is a file, a lack of heads is a finding"
    await ctl("heads", "export", str(exported))
    assert lines(exported) == 3
    await pool.execute("delete from head where number = 2")
    words = ["heads", "verify", "--public", str(public), "--service", "restorer"]
    assert (await Ctl().said(*words)).code == 0, "alone it cannot know"
    assert (await Ctl().said(*words, "--against", str(exported))).code == 1


async def tell(ingest: Ingest, data: msgspec.Struct, mrid: str, id_: str) -> None:
    type_ = TYPE_OF[type(data)]  # type: ignore[index]
    message = Message("/dispatch/east", id_, type_, SystemClock().now(), data, mrid, 0, stream=f"outage/{mrid}")
    (outcome,) = await ingest.submit([message])
    assert outcome.outcome == "appended", outcome


async def ctl(*words: str) -> str:
    code, out, err = await Ctl().said(*words)
    assert code == 0, (words, out, err)
    return out
