"""However a process ends, its exit code says what is to be done, and one line says why."""

from collections.abc import Callable
from typing import NoReturn

import asyncpg
import pytest

from services.kernel.adapters.kafka import KafkaError
from services.kernel.adapters.migrate import SchemaMismatch
from services.kernel.clock import ClockError
from services.kernel.model import KernelError
from services.kernel.running.boot import EX_CONFIG, EX_SOFTWARE, EX_TEMPFAIL, boot
from services.kernel.running.settings import SettingsError


def failing(error: Exception) -> Callable[[], NoReturn]:
    def build() -> NoReturn:
        raise error

    return build


async def well(_: str) -> None:
    """Work that ends in order."""


@pytest.mark.parametrize(
    "error", [SettingsError("no OUTAGE_KAFKA"), ClockError("no clock there"), ValueError("7 days")]
)
def test_what_is_wrong_with_the_settings_is_said_without_a_stack(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        boot(failing(error), well)
    assert (ended.value.code, capsys.readouterr().err) == (EX_CONFIG, f"{error}\n")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SchemaMismatch("schema toy lacks 0002: run: outagectl migrate"), EX_CONFIG, "schema toy lacks 0002"),
        (KernelError("the topic is not the one that was read"), EX_SOFTWARE, "the topic is not the one"),
        (asyncpg.InvalidPasswordError("no"), EX_CONFIG, "the database refuses what OUTAGE_POSTGRES"),
        (asyncpg.InvalidCatalogNameError("no"), EX_CONFIG, "the database refuses what OUTAGE_POSTGRES"),
        (asyncpg.CannotConnectNowError("starting up"), EX_TEMPFAIL, "a dependency is away: CannotConnectNowError"),
        (ConnectionRefusedError("nobody listens"), EX_TEMPFAIL, "a dependency is away: ConnectionRefusedError"),
        (KafkaError("no brokers"), EX_TEMPFAIL, "a dependency is away: KafkaError"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_an_error_of_the_work_has_its_code(
    error: Exception, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def serve(_: str) -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        boot(lambda: "process", serve)
    assert ended.value.code == code
    assert capsys.readouterr().err.startswith(words)


def test_work_that_ends_in_order_returns_and_had_what_was_built() -> None:
    served: list[str] = []

    async def serve(process: str) -> None:
        served.append(process)

    boot(lambda: "process", serve)
    assert served == ["process"]


def test_a_bug_is_not_dressed_up_as_anything_else() -> None:
    async def serve(_: str) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        boot(lambda: "process", serve)
