"""Commands on a database without the rest of the system: migrate, import, and what is said when something is missing."""

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.registry.one_file import parse_registry
from schemas.cloudevent import from_kafka
from services.notifier.registry.topic import event_of
from tests.kits.ctl import Ctl
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import database

KEY = base64.b64encode(b"k" * 32).decode()
CSV = (
    "customer_id,name,importance,lines,contact_id,phone\n"
    "c1,东江医院,special,10千伏城东线,c1-duty,+44 7700 900101\n"
    "c2,东江水厂,first,10千伏江滨线,c2-duty,+44 7700 900102\n"
)


@pytest.fixture
async def address(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    monkeypatch.chdir(tmp_path)
    async with database(postgres) as made:
        monkeypatch.setenv("OUTAGE_POSTGRES", made)
        monkeypatch.setenv("OUTAGE_VAULT_KEY", KEY)
        yield made


async def test_tables_are_made_once_and_nothing_but_the_answer_is_on_standard_output(address: str) -> None:
    first = await asyncio.to_thread(_migrate)
    assert {name: bool(done) for name, done in first["applied"].items()} == dict.fromkeys(
        ("planner", "notifier", "restorer", "gateway"), True
    )
    again = await asyncio.to_thread(_migrate)
    assert set(map(tuple, again["applied"].values())) == {()}


def _migrate() -> dict[str, dict[str, list[str]]]:
    command = [sys.executable, "-m", "outagectl", "migrate", "--json"]
    root = str(Path(__file__).parents[4])
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    answer: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return answer


async def test_commands_on_a_database_without_tables_say_to_migrate(address: str, ctl: Ctl) -> None:
    for words in (("audit",), ("show", "outage", "o1"), ("quarantine", "list")):
        code, _, said = await ctl.said(*words)
        assert (code, "outagectl migrate" in said) == (4, True)


async def test_an_audit_of_fresh_tables_passes_and_of_missing_ones_does_not(address: str, ctl: Ctl) -> None:
    assert (await ctl.run("migrate", "--service", "planner"))[0] == 0
    code, said, _ = await ctl.said("audit", "--service", "planner")
    assert (code, "passed." in said) == (0, True)
    code, said, _ = await ctl.said("audit")
    assert (code, "schema restorer has no tables" in said) == (1, True)


def test_a_customer_travels_without_numbers_under_an_id_of_the_content() -> None:
    entry = parse_registry(CSV, updated_at=START).entries[0]
    message, again = event_of(entry.customer), event_of(entry.customer)
    assert message == again
    assert b"7700" not in message.value
    read = from_kafka(message.topic, message.key, message.headers, message.value)
    assert read.data == entry.customer
    changed = parse_registry(CSV.replace("special", "first"), updated_at=START).entries[0]
    assert dict(event_of(changed.customer).headers)["ce_id"] != dict(message.headers)["ce_id"]


async def test_a_file_with_a_bad_row_is_refused_whole_and_its_lines_are_named(
    address: str, tmp_path: Path, ctl: Ctl
) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(CSV.replace("+44 7700 900102", "07700 900102"))
    said = await ctl.said("import", "customers", str(file))
    assert said.code == 1
    assert "line 3 (customer c2): phone is a landline, which texts do not reach" in said.out
    assert "nothing was imported" in said.err
    assert "900102" not in said.out + said.err
