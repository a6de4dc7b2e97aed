"""Which supplies an outage takes and gives back, as the referees have it: the nearest element that is known decides."""

import pytest

from schemas.contracts.base import Extent
from tests.chaos.truth import claim_of
from tests.chaos.ways import Way, holds

HOME = Way(
    {
        "lines": frozenset({"L"}),
        "transformers": frozenset({"T"}),
        "usage_points": frozenset({"U", "V"}),
    },
    frozenset({"A"}),
)
LINE = Extent(lines=("L",))
ALL = Extent(lines=("L",), transformers=("T",), usage_points=("U", "V"))


@pytest.mark.parametrize(
    ("where", "back", "held"),
    [
        (LINE, Extent(lines=("L",)), False),
        (LINE, Extent(transformers=("T",)), False),
        (LINE, Extent(usage_points=("U", "V")), False),
        (LINE, Extent(usage_points=("U",)), True),
        (LINE, Extent(transformers=("X",)), True),
        (ALL, Extent(usage_points=("U", "V")), False),
        (ALL, Extent(transformers=("T",)), True),
        (ALL, Extent(lines=("L",), transformers=("T",), usage_points=("V",)), True),
        (Extent(lines=("L", "M"), transformers=("T",)), Extent(lines=("M",)), True),
        (Extent(lines=("L",), transformers=("T",)), Extent(transformers=("T",)), False),
        (Extent(areas=("A",)), Extent(areas=("A",)), False),
        (Extent(areas=("A",)), Extent(lines=("L",)), False),
    ],
)
def test_an_element_that_is_back_counts_before_what_feeds_it_and_not_before_what_hangs_on_it(
    where: Extent, back: Extent, held: bool
) -> None:
    assert holds(where, [back], HOME) is held


def test_that_it_is_said_to_be_back_and_not_proven_is_true_of_either_state() -> None:
    assert claim_of("fault-time-unknown", "zh-CN/unconfirmed", "") is None
    assert claim_of("fault-time-unknown", "zh-CN/fault-time-unknown", "") == "dark"
