"""A case's command runs in its own folder and environment, and tells how it ended and all that it printed."""

import asyncio
import json
from pathlib import Path

from devstack.cases.commands import ctl


async def test_commands_at_the_same_time_each_see_their_own_folder_and_settings(tmp_path: Path) -> None:
    regimes = ("gb", "us-me", "es")
    for regime in regimes:
        (tmp_path / regime).mkdir()
        (tmp_path / regime / "here.toml").write_text(f"# {regime}\nid = 1")
    asked = (ctl(["policy", "list", "--json"], tmp_path / name, {"OUTAGE_POLICY": name}, 60.0) for name in regimes)
    for regime, (code, printed) in zip(regimes, await asyncio.gather(*asked), strict=True):
        assert code == 0
        assert [one["id"] for one in json.loads(printed) if one["inForce"]] == [regime]
    code, printed = await ctl(["policy", "check", "here.toml"], tmp_path / "gb", {}, 60.0)
    assert code == 1
    assert "here.toml" in printed, "the file lies only in the folder of the command"


async def test_what_goes_to_standard_error_is_told_too(tmp_path: Path) -> None:
    code, printed = await ctl(["send", "nothing.jsonl"], tmp_path, {}, 60.0)
    assert code == 3
    assert printed.startswith("outagectl: there is no file nothing.jsonl")


async def test_one_that_does_not_end_in_time_is_ended_and_has_no_exit_code(tmp_path: Path) -> None:
    code, _ = await ctl(["policy", "list"], tmp_path, {}, 0.0)
    assert code is None
