"""Golden examples, structs and JSON Schema files say the same."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from schemas.cloudevent import parse_structured
from schemas.contracts.all_types import REGISTRY, STRUCTS, key_of
from schemas.golden import events
from schemas.strict import refuse_unknown_fields
from schemas.tools import generate
from schemas.tools.jsonschema import schemas

FOLDER = Path(__file__).parents[3] / "schemas"
GOLDEN = events()
SCHEMAS = schemas()
TYPES = sorted(REGISTRY)


def validator(type_name: str) -> jsonschema.Draft202012Validator:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(SCHEMAS[type_name], format_checker=checker)


def test_the_committed_files_are_those_the_contracts_give() -> None:
    assert generate.differences(generate.generated(), FOLDER) == []


def test_generating_twice_gives_the_same_bytes() -> None:
    assert generate.generated() == generate.generated()


def test_a_differing_a_missing_and_a_stray_file_are_each_named(tmp_path: Path) -> None:
    files = {"json/a.v1.json": "{}\n", "json/b.v1.json": "{}\n", "asyncapi.yaml": "x\n"}
    generate.write(files, tmp_path)
    assert generate.differences(files, tmp_path) == []
    (tmp_path / "json/a.v1.json").write_text("{ }\n")
    (tmp_path / "json/b.v1.json").unlink()
    (tmp_path / "json/c.v1.json").write_text("{}\n")
    assert generate.differences(files, tmp_path) == [
        "schemas/json/a.v1.json differs from what the contracts give",
        "schemas/json/b.v1.json is missing",
        "schemas/json/c.v1.json belongs to no contract",
    ]
    assert generate.write(files, tmp_path) == 3
    assert generate.differences(files, tmp_path) == []


def test_every_type_has_a_full_and_a_minimal_example() -> None:
    assert sorted(GOLDEN) == sorted([*TYPES, *(name + ".minimal" for name in TYPES)])


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_an_example_survives_decoding_and_encoding(name: str) -> None:
    data = json.loads((FOLDER / "examples" / f"{name}.json").read_text(encoding="utf-8"))["data"]
    struct = STRUCTS[name.removesuffix(".minimal")]
    decoded = msgspec.json.decode(json.dumps(data), type=struct)
    assert json.loads(msgspec.json.encode(decoded)) == data


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_an_example_is_valid_by_its_schema_and_by_the_codec(name: str) -> None:
    event = GOLDEN[name]
    validator(event["type"]).validate(event["data"])
    refuse_unknown_fields(parse_structured(event))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_an_examples_subject_is_its_key_on_the_topic_it_is_told_on(name: str) -> None:
    event = GOLDEN[name]
    data = parse_structured(event).data
    keys = {key_of(topic, data) for topic in REGISTRY[event["type"]].topics}
    assert event["subject"] in keys or keys <= {None}


def _has_usual_value(default: object) -> bool:
    return isinstance(default, (bool, str, int))


@pytest.mark.parametrize("type_name", TYPES)
def test_a_full_example_shows_every_field_but_those_that_keep_their_usual_value(type_name: str) -> None:
    # An example is copied by those who connect: it must not wave a safety cut or an exception about.
    rare = {
        "alternatePeriod",
        "breaches",
        "complaintId",
        "confirms",
        "enquiryId",
        "exceptions",
        "extraordinaryReason",
        "noReceipt",
        "optOut",
        "step",
        "turn",
    }
    if "supplies" in GOLDEN[type_name]["data"]:
        rare |= {"lines", "transformers", "usagePoints"}  # of whom supplies are known their places are in them
    rare |= {
        "territories",
        "territoryFrom",
        "places",
        "networkModels",
        "stayOut",
        "corrected",
        "mergedInto",
        "perhapsRestored",
        "reclassifiedFrom",
        "restoredAt",
        "territory",
        "countedBy",
    }  # of questions about places; a part that another outage holds; of what was another thing, and is over, or was a fault
    usual = {
        field.encode_name for field in msgspec.structs.fields(STRUCTS[type_name]) if _has_usual_value(field.default)
    }
    hidden = set(STRUCTS[type_name].__struct_encode_fields__) - set(GOLDEN[type_name]["data"])
    assert hidden <= usual | rare


@pytest.mark.parametrize("type_name", TYPES)
def test_the_schema_is_valid_closed_and_gives_every_field_a_meaning(type_name: str) -> None:
    schema = SCHEMAS[type_name]
    jsonschema.Draft202012Validator.check_schema(schema)
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["additionalProperties"] is False
        assert part["description"]
        assert all(len(field["description"]) > 5 for field in part["properties"].values())


@pytest.mark.parametrize("type_name", TYPES)
def test_schema_and_struct_refuse_a_missing_field_alike(type_name: str) -> None:
    for name in SCHEMAS[type_name]["required"]:
        data = {key: value for key, value in GOLDEN[type_name]["data"].items() if key != name}
        with pytest.raises(jsonschema.ValidationError, match=f"'{name}' is a required property"):
            validator(type_name).validate(data)
        with pytest.raises(msgspec.ValidationError, match=f"missing required field `{name}`"):
            msgspec.convert(data, STRUCTS[type_name])


@pytest.mark.parametrize("type_name", TYPES)
def test_schema_and_struct_refuse_a_field_of_wrong_type_alike(type_name: str) -> None:
    for name in GOLDEN[type_name]["data"]:
        data = {**GOLDEN[type_name]["data"], name: -0.5}
        with pytest.raises(jsonschema.ValidationError):
            validator(type_name).validate(data)
        with pytest.raises(msgspec.ValidationError, match=rf"\$\.{name}|required field"):
            msgspec.convert(data, STRUCTS[type_name])


@pytest.mark.parametrize("type_name", TYPES)
def test_writers_may_send_no_unknown_field_and_readers_ignore_one(type_name: str) -> None:
    known = GOLDEN[type_name]["data"]
    data = {**known, "newInV2": {"deep": [1, 2]}}
    with pytest.raises(jsonschema.ValidationError, match="newInV2"):
        validator(type_name).validate(data)
    assert msgspec.convert(data, STRUCTS[type_name]) == msgspec.convert(known, STRUCTS[type_name])


def _with(data: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    head, *rest = path
    return {**data, head: _with(data[head], tuple(rest), value) if rest else value}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("requestedAt",), "0225-03-02T09:00:00+08:00", "requested_at .* outside 2000 to 2199"),
        (("requestedAt",), "2026-03-02T09:00:00", r"timezone .*\$\.requestedAt"),
        (("requestedAt",), 1772413200, r"Expected `datetime`, got `int` - at `\$\.requestedAt`"),
        (("plannedPeriod", "start"), "0225-03-12T08:00:00+08:00", r"start .* outside .*\$\.plannedPeriod"),
        (("plannedPeriod", "end"), "2026-03-12T17:00:00", r"timezone .*\$\.plannedPeriod\.end"),
        (("plannedPeriod", "end"), "2026-03-12T07:00:00+08:00", r"end .* is not after start .*\$\.plannedPeriod"),
        (("plannedPeriod", "end"), "2026-03-12T08:00:00+08:00", r"end .* is not after start .*\$\.plannedPeriod"),
    ],
)
def test_impossible_times_are_refused_by_name(path: tuple[str, ...], value: object, words: str) -> None:
    data = _with(GOLDEN["planned.requested.v1"]["data"], path, value)
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(data, STRUCTS["planned.requested.v1"])


@pytest.mark.parametrize("value", ["0225-03-02T09:00:00+08:00", "2026-03-02T09:00:00", "20226-03-02T09:00:00Z"])
def test_the_schema_too_refuses_a_time_without_a_zone_or_in_no_mans_year(value: str) -> None:
    data = _with(GOLDEN["planned.requested.v1"]["data"], ("requestedAt",), value)
    with pytest.raises(jsonschema.ValidationError):
        validator("planned.requested.v1").validate(data)


def _rule_ids(part: object) -> set[str]:
    if isinstance(part, dict):
        own = {part["ruleId"]} if "ruleId" in part else set()
        return own.union(*(_rule_ids(value) for value in part.values()))
    return set().union(*(_rule_ids(item) for item in part)) if isinstance(part, list) else set()


def test_the_rules_that_examples_cite_are_in_the_regimes_file() -> None:
    regime = tomllib.loads((FOLDER.parent / "policies" / "cn-service-standard.toml").read_text(encoding="utf-8"))
    cited = _rule_ids(json.loads(json.dumps(list(GOLDEN.values()))))
    assert cited
    assert cited <= {rule["id"] for rule in regime["rules"]}


def test_no_phone_number_stands_in_an_example() -> None:
    for name, event in GOLDEN.items():
        assert "+86" not in json.dumps(event), name
        assert "+1" not in json.dumps(event), name
