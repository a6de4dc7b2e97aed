"""What an event speaks of is found in every event that names it, in those of a later contract too."""

from types import UnionType

import pytest

from operations.history import subjects
from schemas.contracts.all_types import REGISTRY
from schemas.upcast import UPCASTERS


@pytest.mark.parametrize(
    ("field", "kinds"),
    [
        ("mrid", subjects.OF_OUTAGE),
        ("mrids", subjects.OF_OUTAGES),
        ("customer_id", subjects.OF_CUSTOMER),
        ("message_id", subjects.OF_TEXT),
        ("provider_sid", subjects.OF_PROVIDER),
        ("reason", subjects.WITH_REASON),
        ("extent", subjects.WITH_EXTENT),
    ],
)
def test_every_contract_with_the_field_is_looked_at(field: str, kinds: UnionType) -> None:
    newest = {name: one for name, one in REGISTRY.items() if name not in UPCASTERS}
    named = {name for name, one in newest.items() if field in one.struct.__struct_fields__}
    assert named
    assert named == {name for name, one in newest.items() if issubclass(one.struct, kinds)}


def test_lines_are_found_wherever_a_contract_names_lines() -> None:
    found = {"lines", "restored", "remaining", "extent"}
    newest = {name: one for name, one in REGISTRY.items() if name not in UPCASTERS}
    naming = {name for name, one in newest.items() if found & set(one.struct.__struct_fields__)}
    asked = {"customer.upserted.v2", "restoration.part.v1"} | {
        name for name, one in REGISTRY.items() if issubclass(one.struct, subjects.WITH_EXTENT)
    }
    assert naming == asked
