"""A list of people goes into as many requests as it needs, in order, none of them longer than a request may be."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from operations.registry.importing import in_requests
from services.notifier.registry.erasing import AT_MOST, Missing, Pruning

people = st.lists(
    st.builds(
        Missing,
        customer_id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=200),
        seen=st.just(datetime(2026, 3, 5, 4, 30, 0, 123456, tzinfo=UTC)),
    ),
    max_size=120,
)


@given(people)
def test_everybody_is_in_one_request_and_each_fits(missing: list[Missing]) -> None:
    parts = list(in_requests(missing))
    assert [one for part in parts for one in part] == missing
    for part in parts:
        assert 1 <= len(part) <= AT_MOST
        assert len(msgspec.json.encode(Pruning(file="字" * 200, customers=part)).decode()) <= 20_000


def test_a_thousand_short_names_take_few_requests() -> None:
    at = datetime(2026, 3, 5, tzinfo=UTC)
    assert len(list(in_requests([Missing(customer_id=f"KC-{n}", seen=at) for n in range(1000)]))) <= 5
