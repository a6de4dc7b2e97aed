"""A database's address is shown without its password."""

import pytest

from services.kernel.values.passwords import mask_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:p@ss@db/outage", "postgresql://app:****@db/outage"),
        ("postgresql://app@db/outage", "postgresql://app@db/outage"),
        ("postgresql://db/outage?user=app&password=p", "postgresql://db/outage?user=app&password=****"),
    ],
)
def test_a_database_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert mask_password(url) == shown
