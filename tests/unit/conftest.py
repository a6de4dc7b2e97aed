"""Tests in this folder need no stack: `make test-unit` runs them in under a minute, and here it is refused to ask for one."""

from typing import NoReturn

import pytest


@pytest.fixture(scope="session")
def stack() -> NoReturn:
    """No PostgreSQL and no Kafka for what is below this folder."""
    pytest.fail("tests/unit needs no stack: a test on a real PostgreSQL or Kafka belongs in tests/integration")
