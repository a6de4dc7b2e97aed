"""The command line as a whole: help without loading anything, and an exit code for every way to end."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from outagectl.main import COMMANDS, IMPORTS, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert main(["import", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in IMPORTS)


def test_the_readme_says_where_every_command_is() -> None:
    page = (Path(__file__).parents[3] / "outagectl" / "README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `commands/")]
    here = [(name, entry) for name, entry in COMMANDS.items() if entry.module.startswith("outagectl.")]
    assert here
    for name, entry in here:
        folder = entry.module.removeprefix("outagectl.").rpartition(".")[0].replace(".", "/") + "/"
        assert any(f"`{folder}`" in row and re.search(rf"\b{name}\b", row.partition("|")[2]) for row in rows), name


def test_help_loads_none_of_the_commands() -> None:
    code = (
        "import sys; from outagectl.main import main; main(['--help']);"
        "print([m for m in sys.modules if m.split('.')[0] in ('asyncpg', 'aiokafka', 'faust', 'devstack', 'services')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("name", [name for name, entry in COMMANDS.items() if entry.name != "app"])
def test_every_command_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        *(f"show {kind}" for kind in ("outage", "customer", "message")),
        *(f"quarantine {verb}" for verb in ("list", "show", "retry", "retry-understood", "drop")),
        *(f"offsets {verb}" for verb in ("show", "accept")),
        *(f"import {what}" for what in ("customers", "contacts", "network", "feed")),
        *(f"network {verb}" for verb in ("show", "check", "history", "reread")),
    ],
)
def test_every_command_of_a_group_says_what_it_does(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "code"),
    [("", 2), ("dance", 2), ("audit --sideways", 2), ("show outage", 2), ("audit --service kettle", 3), ("audit", 4)],
)
def test_each_way_to_end_has_its_exit_code(
    line: str, code: int, tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    assert main(line.split()) == code
    said = capsys.readouterr()
    assert said.out or said.err


def test_errors_are_json_where_json_was_asked_for(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    assert main(["audit", "--json"]) == 4
    error = json.loads(capsys.readouterr().err)
    assert error["exitCode"] == 4
    assert "OUTAGE_POSTGRES" in error["error"]


def test_a_database_that_is_away_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUTAGE_POSTGRES", "postgresql://app:geheim@127.0.0.1:1/outage")
    assert main(["show", "outage", "o1"]) == 4
    said = capsys.readouterr().err
    assert "cannot be reached" in said
    assert "geheim" not in said


def test_what_the_kernel_logs_during_a_command_does_not_mix_with_its_answer(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    main(["quarantine", "list"])
    structlog.get_logger().warning("decide failed")
    said = capsys.readouterr()
    assert said.out == ""
    assert "decide failed" in said.err
