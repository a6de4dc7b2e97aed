"""Whatever is put on a topic, reading it gives a typed event within its bounds, or says by name what is wrong."""

import random
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.bounds import check_bounds
from schemas.canonical import fingerprint
from schemas.citation import citation, pair
from schemas.cloudevent import ContractError, from_kafka
from schemas.errors import REASONS
from services.kernel.values.storable import storable
from tests.fuzz.records import CHANGES, GOODS, Raw, records


def read(raw: Raw) -> str:
    """How reading a record ends: `event`, or the reason it is refused for; anything else it could raise fails the test."""
    try:
        event = from_kafka(raw.topic, raw.key, raw.headers, raw.value)
    except ContractError as error:
        named = (error.source, error.id, error.type, str(error), error.field)
        # What is kept of it can be stored, whatever it quotes.
        assert all("\x00" not in storable(text) and storable(text).encode() is not None for text in named if text)
        return error.reason
    check_bounds(event.data)
    assert pair(citation(event.source, event.id)) == (event.source, event.id)
    assert len(fingerprint(event.type, event.data)) == 32
    return "event"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GOODS), st.lists(st.sampled_from(CHANGES), max_size=6), st.randoms(use_true_random=False))
def test_a_sound_record_changed_in_any_places_is_read_or_refused(raw: Raw, changes, draw: random.Random) -> None:
    for change in changes:
        raw = change(draw, raw)
    assert read(raw) in {"event", *REASONS}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted({raw.topic for raw in GOODS})),
    st.none() | st.binary(max_size=40),
    st.dictionaries(
        st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_specversion", "content-type"]) | st.text(), st.binary()
    ),
    st.none() | st.binary(),
)
def test_a_record_of_any_bytes_is_read_or_refused(
    topic: str, key: bytes, headers: dict[str, bytes], value: bytes
) -> None:
    assert read(Raw(topic, key, headers, value)) in {"event", *REASONS}


def test_the_records_of_the_generator_end_in_every_way_there_is() -> None:
    ends = {read(raw) for raw in islice(records(random.Random(3)), 3_000)}
    assert ends >= {"event", *REASONS} - {"unknown-field"}  # senders only
