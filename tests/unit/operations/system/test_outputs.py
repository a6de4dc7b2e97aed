"""What a service publishes is audited and can be published again, whatever kind of stream decided it."""

import pytest

from operations.system.location import Where
from operations.system.services import NAMES, load, outputs_of

SILENT = frozenset({"hotline"})
"""What is decided there nobody else hears of."""
NOWHERE = Where(
    postgres="postgresql://nobody@127.0.0.1/none",
    kafka="127.0.0.1:1",
    vault_key="QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
)


@pytest.mark.parametrize("service", NAMES)
def test_every_kind_of_stream_of_a_service_has_its_topic(service: str) -> None:
    assert {output.category for output in outputs_of(service)} == load(service, NOWHERE).deciders.keys() - SILENT
