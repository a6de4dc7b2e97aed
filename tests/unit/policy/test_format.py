"""The JSON Schema of regime files: editors believe it, so it must agree with what loads."""

import json
import tomllib
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from services.policy import policy_path
from services.policy.format import TARGET, main, schema

REGIMES = sorted(policy_path("gb").parent.glob("*.toml"))


def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(json.loads(TARGET.read_text(encoding="utf-8")))


def test_the_committed_schema_is_the_one_that_the_code_gives() -> None:
    assert main(["--check"]) == 0


@pytest.mark.parametrize("path", REGIMES, ids=[path.stem for path in REGIMES])
def test_every_regime_that_ships_is_of_this_form(path: Any) -> None:
    assert list(validator().iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda regime: regime.pop("inside"),
        lambda regime: regime["inside"].update(lines="mostly"),
        lambda regime: regime["settings"]["budget"].update(year="lunar"),
        lambda regime: regime["settings"]["key_customers"].update(informing_time="two hours"),
        lambda regime: regime["rules"][0].update(amuont=3),
        lambda regime: regime["rules"][0].pop("source"),
        lambda regime: regime["rules"][0].pop("wording"),
        lambda regime: regime["rules"][0].update(applies_when={"nominal_voltage": {"under": 35}}),
        lambda regime: regime["rules"][0].update(applies_when={"nominal_voltage": {}}),
        lambda regime: regime["rules"][0].update(applies_when={"territory": ["urban", "suburban"]}),
        lambda regime: regime.update(rules=[]),
    ],
)
def test_a_slip_is_seen_while_it_is_written(spoil: Callable[[dict[str, Any]], object]) -> None:
    regime = tomllib.loads(policy_path("gb").read_text(encoding="utf-8"))
    spoil(regime)
    assert list(validator().iter_errors(regime))
