"""When a fact is said to have happened is asked of every kind of fact there is."""

import pytest

from operations.history.decoding import decoded
from operations.history.happened import HAPPENED, happened_at
from schemas.contracts import dispatch, notices, restorations
from schemas.contracts.all_types import STRUCTS
from schemas.golden import EXAMPLES
from schemas.upcast import UPCASTERS

FACTS = {
    *dispatch.TYPES,
    *(name for name in notices.TYPES if name.startswith("notice.")),
    *(name for name in restorations.TYPES if name.startswith("restoration.")),
}


def test_every_kind_of_fact_has_its_moment() -> None:
    assert {STRUCTS[name] for name in FACTS - UPCASTERS.keys()} == HAPPENED.keys()


@pytest.mark.parametrize("name", sorted(FACTS - {"notice.closed.v1"}))
def test_every_example_of_a_fact_says_when_it_happened(name: str) -> None:
    example = next(one for one in EXAMPLES if one.type == name)
    said = happened_at(decoded(name, example.data))
    assert said is not None
    assert said.isoformat() in {str(value).replace("Z", "+00:00") for value in example.data.values()}


def test_a_decision_says_none() -> None:
    example = next(one for one in EXAMPLES if one.type == "plan.accepted.v1")
    assert happened_at(decoded(example.type, example.data)) is None
