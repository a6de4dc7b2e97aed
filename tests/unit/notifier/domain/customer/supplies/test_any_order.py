"""Whatever a works with several supplies lives through: at rest they believe what is so, and no text was untrue when it went."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.customers import Supply
from services.notifier.domain.customer.conversation import believe
from services.policy.model import Telling
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, customer, ert, part, started

LINES = ("A", "B", "C")
PATIENT = Telling(settling=timedelta(0), talk_about=500, talk_turns=500, talk_most=600)
STANDBYS = st.lists(
    st.sampled_from(
        [
            Supply(id="2", role="standby", line="B"),
            Supply(id="3", role="standby", line="C"),
            Supply(id="4", role="standby"),
            Supply(id="5", role="own-generation"),
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.id,
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["off", "off", "back", "part", "ert"]),
        st.integers(0, 3),
        st.sets(st.sampled_from(LINES), min_size=1, max_size=2),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=12,
)


def believed(city: City) -> tuple[str, frozenset[str]]:
    belief = believe(city.of("works"))
    kind = belief.kind if belief.kind in ("out", "supply-lost") else "on"
    return kind, belief.lost


def so(city: City) -> tuple[str, frozenset[str]]:
    present = city.of("works").plight()
    if present.off:
        return "out", frozenset()
    return ("supply-lost", present.ids) if present.lost else ("on", frozenset())


@settings(max_examples=150, deadline=None)
@given(STANDBYS, STEPS)
def test_at_rest_they_believe_what_is_so(standbys: list[Supply], steps: list[Any]) -> None:
    works = customer("works", lines=(), areas=(), supplies=(Supply(id="1", role="main", line="A"), *standbys))
    city, named = City(at(5, 9), works, telling=PATIENT), dict[str, set[str]]()
    for what, number, lines, minutes in steps:
        city.moves_to(city.now + minutes * MINUTE)
        mrid = f"F{number}"
        if what == "off" and mrid not in named:
            named[mrid] = set(lines)
            expected = city.now + 2 * minutes * MINUTE if minutes % 2 else None
            city.hears(started(mrid, city.now, extent=Extent(lines=tuple(sorted(lines))), ert=expected))
        elif what == "back" and named.get(mrid):
            city.hears(confirmed(city.now, mrid))
            named[mrid] = set()
        elif what == "part" and len(named.get(mrid, ())) > 1:
            first, *rest = sorted(named[mrid])
            city.hears(part(Extent(lines=(first,)), Extent(lines=tuple(rest)), city.now, mrid))
            named[mrid] = set(rest)
        elif what == "ert" and named.get(mrid):
            city.hears(ert(city.now + 50 * MINUTE, city.now, mrid))
        said, present = believed(city), so(city)
        assert said[0] == present[0], [text.template_id for text in city.requests("works")]
        if present[0] == "supply-lost":
            assert said[1] == present[1]
    for mrid in sorted(mrid for mrid, lines in named.items() if lines):
        city.moves_to(city.now + 20 * MINUTE)
        city.hears(confirmed(city.now, mrid))
    assert believed(city)[0] == "on"
