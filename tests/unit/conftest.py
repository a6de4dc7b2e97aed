"""Tests in this folder need no stack: `make test-unit` runs them in under a minute, and here it is refused to ask for one."""

from typing import NoReturn

import pytest

REFUSAL = "tests/unit needs no stack: a test on a real PostgreSQL or Kafka belongs in tests/integration"


@pytest.fixture(scope="session")
def postgres() -> NoReturn:
    """No PostgreSQL for what is below this folder."""
    pytest.fail(REFUSAL)


@pytest.fixture(scope="session")
def kafka() -> NoReturn:
    """And no Kafka."""
    pytest.fail(REFUSAL)
