"""A published version never changes; a new one is reached by an upcaster."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.all_types import REGISTRY
from schemas.tools import compat
from schemas.tools.jsonschema import schemas
from schemas.upcast import UPCASTERS, upcast

ERT = schemas()["ert.changed.v1"]
PLAN = schemas()["planned.requested.v1"]
Change = Callable[[dict[str, Any]], object]


def changed(schema: dict[str, Any], change: Change) -> dict[str, Any]:
    made = copy.deepcopy(schema)
    change(made)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"]["ert"].update(description="other words"),
        lambda s: s.update(description="other words", title="x"),
        lambda s: s["x-topics"].append("outage.other"),
        lambda s: s["properties"].update(note={"description": "A new field", "type": "string"}),
        lambda s: s["properties"].update(seenAt={"type": "string", "format": "date-time", "pattern": "^2"}),
    ],
    ids=["field's words", "type's words", "topic", "new optional field", "new optional instant"],
)
def test_words_and_new_optional_fields_may_come(change: Change) -> None:
    assert compat.problems(ERT, changed(ERT, change)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["properties"].pop("ertSource"),
        lambda s: s["properties"].update(note={"type": "string"}) or s["required"].append("note"),
        lambda s: s["required"].remove("changedAt"),
        lambda s: s["required"].append("ert"),
        lambda s: s["properties"]["ertConfidence"]["anyOf"][0]["enum"].append("medium"),
        lambda s: s["properties"]["ertConfidence"]["anyOf"][0]["enum"].remove("low"),
        lambda s: s["properties"]["mRID"].update(type="integer"),
        lambda s: s["properties"]["mRID"].update(maxLength=50),
        lambda s: s["properties"]["mRID"].update(pattern="^[A-Z]+$"),
        lambda s: s["properties"]["mRID"].pop("pattern"),
        lambda s: s["properties"]["changedAt"].pop("format"),
        lambda s: s["properties"]["ertSource"]["anyOf"][0].update(pattern="^[a-z]+$"),
    ],
    ids=[
        "field gone",
        "new required field",
        "required no more",
        "required now",
        "new word",
        "word gone",
        "other type",
        "shorter",
        "other pattern",
        "pattern gone",
        "format gone",
        "pattern come",
    ],
)
def test_what_breaks_a_reader_or_the_log_is_refused(change: Change) -> None:
    assert compat.problems(ERT, changed(ERT, change))


def test_a_change_deep_inside_is_seen() -> None:
    assert compat.problems(PLAN, changed(PLAN, lambda s: s["$defs"]["Period"]["required"].remove("end")))
    assert compat.problems(PLAN, changed(PLAN, lambda s: s["$defs"]["Extent"]["properties"].pop("lines")))
    new = {"type": "string"}
    assert compat.problems(PLAN, changed(PLAN, lambda s: s["$defs"]["Extent"]["properties"].update(x=new))) == []


def test_every_published_type_is_compatible_with_itself() -> None:
    for schema in schemas().values():
        assert compat.problems(schema, changed(schema, lambda s: s.update(description="other"))) == []
        reordered = changed(schema, lambda s: s["properties"].update(zz={"type": "string"}))
        assert compat.problems(schema, reordered) == []


def test_a_published_file_that_is_gone_is_named_with_what_to_do() -> None:
    assert compat.compare({"ert.changed.v1.json": "{}"}, {}) == [
        "ert.changed.v1.json is gone: a published type stays readable for ever; put it back"
    ]


def test_a_refusal_names_the_next_version() -> None:
    new = changed(ERT, lambda s: s["required"].append("ert"))
    (problem,) = compat.compare({"ert.changed.v1.json": json.dumps(ERT)}, {"ert.changed.v1.json": json.dumps(new)})
    assert "ert.changed.v1.json: a new reader would refuse" in problem
    assert "publish ert.changed.v2 with an upcaster" in problem


def test_what_is_published_is_read_from_git_and_no_revision_is_said(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(("git", "-C", str(tmp_path), *who, *words), check=True, capture_output=True)

    git("init", "-q")
    assert compat.published("HEAD", tmp_path) is None
    git("commit", "-q", "--allow-empty", "-m", "empty")
    assert compat.published("HEAD", tmp_path) == {}
    folder = tmp_path / "schemas" / "json"
    folder.mkdir(parents=True)
    (folder / "ert.changed.v1.json").write_text(json.dumps(ERT), encoding="utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    assert compat.published("HEAD", tmp_path) == {"ert.changed.v1.json": json.dumps(ERT)}


def test_a_repository_with_no_such_revision_passes_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert compat.main(["--base", "no-such-revision"]) == 0
    assert "nothing to compare with at no-such-revision" in capsys.readouterr().out


def _to_v2(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ert.changed.v2", {**data, "window": {"until": data["ert"]}}


def _to_v3(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "ert.changed.v3", {"mRID": data["mRID"], "until": data["window"]["until"]}


def test_old_data_is_brought_to_the_newest_version_step_by_step() -> None:
    table = {"ert.changed.v1": _to_v2, "ert.changed.v2": _to_v3}
    old = {"mRID": "DJ-1", "ert": "2026-03-05T14:00:00+08:00"}
    newest = ("ert.changed.v3", {"mRID": "DJ-1", "until": "2026-03-05T14:00:00+08:00"})
    assert upcast("ert.changed.v1", dict(old), table) == newest
    assert upcast(*_to_v2(old), table) == newest
    assert upcast(*newest, table) == newest


def test_upcasters_in_a_circle_are_refused() -> None:
    with pytest.raises(LookupError, match=r"lead back to a\.v1"):
        upcast("a.v1", {}, {"a.v1": lambda data: ("a.v2", data), "a.v2": lambda data: ("a.v1", data)})


def test_every_upcaster_leads_to_a_type_there_is() -> None:
    for type_name in UPCASTERS:
        assert type_name in REGISTRY
        assert upcast(type_name, {})[0] in REGISTRY
    for type_name in REGISTRY.keys() - UPCASTERS.keys():
        assert upcast(type_name, {}) == (type_name, {})
