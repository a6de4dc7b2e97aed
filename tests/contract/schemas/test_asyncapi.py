"""The AsyncAPI document: true to the contracts, and valid by the specification's own parser where node is there."""

import json
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from schemas.contracts.all_types import REGISTRY, TOPICS
from schemas.tools.asyncapi import PARTIES, document

NODE = Path(__file__).parents[1] / "node"
DOCUMENT = Path(__file__).parents[3] / "schemas" / "asyncapi.yaml"


def test_every_topic_has_a_channel_with_its_types_a_writer_and_its_key() -> None:
    made = yaml.safe_load(document())
    assert {channel["address"] for channel in made["channels"].values()} == set(TOPICS)
    for channel in made["channels"].values():
        topic = channel["address"]
        assert set(channel["messages"]) == {name for name, kind in REGISTRY.items() if topic in kind.topics}
        assert any(topic in party.writes for party in PARTIES)
    for message in made["components"]["messages"].values():
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        assert (DOCUMENT.parent / message["payload"]["$ref"]).is_file()


@pytest.mark.parametrize("name", ["planner", "restorer", "notifier"])
def test_each_service_reads_the_topics_the_document_says_it_reads(name: str) -> None:
    service = getattr(import_module(f"services.{name}.app"), name.capitalize())
    (party,) = (party for party in PARTIES if party.name == service.name)
    assert set(party.reads) == set(service.inputs)


def test_the_asyncapi_parser_finds_no_error() -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node is not installed: the AsyncAPI document is not checked by @asyncapi/parser here")
    lock, installed = NODE / "package-lock.json", NODE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        words = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(words, cwd=NODE, capture_output=True, text=True, timeout=100, check=False)
        if done.returncode:
            pytest.skip(f"npm ci could not fetch @asyncapi/parser: {done.stderr[-300:]}")
    checked = subprocess.run(
        (node, "check.mjs", str(DOCUMENT)), cwd=NODE, capture_output=True, text=True, timeout=60, check=False
    )
    told = json.loads(checked.stdout)
    assert [one for one in told["diagnostics"] if one["severity"] == 0] == []
    assert checked.returncode == 0
    assert told["count"]["messages"] == len(REGISTRY)


def test_the_lock_names_no_registry_address() -> None:
    assert "resolved" not in (NODE / "package-lock.json").read_text(encoding="utf-8")
