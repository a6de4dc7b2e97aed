"""What a new truth says of where an outage lies: most words say nothing of it, and so take nobody off."""

from typing import Any

import pytest

from schemas.contracts.base import Extent
from services.notifier.domain.outage.narrowing import lies, narrowed
from services.notifier.domain.outage.truth import Truth

LINE, BOTH, ONE = Extent(lines=("l1",)), Extent(lines=("l1", "l2")), Extent(transformers=("t1",))
PART, STARTED, CREW, EXTENT = "restoration.part.v1", "outage.started.v1", "crew.status.v1", "extent.changed.v1"


def so(status: Any = "out", extent: Extent = LINE, back: Extent = Extent(), **more: Any) -> Truth:  # noqa: B008 - frozen
    return Truth("fault", status, extent, back=back, **more)


@pytest.mark.parametrize(
    ("before", "present", "trigger", "says"),
    [
        pytest.param(None, so(), STARTED, "anew", id="it is the first that is known"),
        pytest.param(so(), so(crew_assigned=True), CREW, "as-before", id="a crew says nothing of places"),
        pytest.param(so(), so(extent=BOTH), EXTENT, "anew", id="it reaches farther"),
        pytest.param(so(extent=BOTH), so(), EXTENT, "anew", id="it reached less far"),
        pytest.param(so(), so("part-restored", back=ONE), PART, "less", id="a part of what is named is back"),
        pytest.param(
            so(extent=BOTH),
            so("part-restored", back=Extent(lines=("l2",))),
            PART,
            "less",
            id="one of the named is back",
        ),
        pytest.param(
            so("part-restored", back=ONE), so("part-restored", BOTH, ONE), PART, "anew", id="a part says what it left"
        ),
        pytest.param(so("part-restored", back=ONE), so(), EXTENT, "anew", id="a part is off again"),
        pytest.param(so("noticed"), so(), STARTED, "anew", id="work that was noticed begins"),
        pytest.param(so("noticed"), so("noticed", ert=None), EXTENT, "anew", id="work is noticed again"),
        pytest.param(so("restored"), so(), "outage.reopened.v1", "anew", id="it is off again"),
        pytest.param(so(), so("restored"), "restoration.confirmed.v1", "anew", id="it is over"),
    ],
)
def test_what_a_truth_says_of_where_the_outage_lies(
    before: Truth | None, present: Truth, trigger: str, says: str
) -> None:
    assert lies(before, present, narrowed(before, present, trigger)) == says
