"""Settings: one clear line for every wrong variable, and no secret in any of them."""

from typing import Annotated

import pytest
from pydantic import Field, SecretStr

from services.kernel.running.settings import KernelSettings, SettingsError


class SenderSettings(KernelSettings):
    """A service adds its own."""

    token: Annotated[
        SecretStr | None, Field(min_length=8, description="the provider's token, 8 characters or more")
    ] = None


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SenderSettings.model_fields:
        monkeypatch.delenv(f"OUTAGE_{name.upper()}", raising=False)
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:9092")
    monkeypatch.setenv("OUTAGE_POSTGRES", "postgresql://postgres:@/outage?host=/tmp/pg")
    return monkeypatch


def test_with_kafka_and_postgres_named_the_rest_has_defaults() -> None:
    settings = KernelSettings.load()
    assert (settings.batch_max, settings.zone, settings.http_host) == (200, "Asia/Shanghai", "127.0.0.1")
    assert settings.clock_file is None


def test_variables_that_are_not_ours_or_empty_are_left_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_SOMETHING_OF_ANOTHER_SERVICE", "x")
    environment.setenv("OUTAGE_CLOCK_FILE", "")
    assert KernelSettings.load().clock_file is None


def test_what_is_missing_is_named_with_what_is_expected(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("OUTAGE_KAFKA")
    with pytest.raises(SettingsError, match=r"^OUTAGE_KAFKA is not set; expected host:port"):
        KernelSettings.load()


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("KAFKA", "kafka", "host:port"),
        ("KAFKA", "kafka:9092,", "host:port"),
        ("POSTGRES", "mysql://db", "database URL"),
        ("ZONE", "Mars/Olympus", "IANA name"),
        ("ZONE", "../etc/passwd", "IANA name"),
        ("LOG_FORMAT", "xml", "json, console or auto"),
        ("LOG_LEVEL", "loud", "debug, info"),
        ("HTTP_PORT", "70000", "0 to 65535"),
        ("HTTP_PORT", "http", "0 to 65535"),
        ("BATCH_MAX", "0", "1 to 5000"),
        ("POLL_SECONDS", "-1", "up to 60"),
        ("POLL_SECONDS", "nan", "up to 60"),
    ],
)
def test_a_wrong_value_is_shown_beside_what_is_expected(
    environment: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    environment.setenv(f"OUTAGE_{variable}", value)
    with pytest.raises(SettingsError) as caught:
        KernelSettings.load()
    assert str(caught.value).startswith(f"OUTAGE_{variable}={value!r} is wrong; expected ")
    assert expected in str(caught.value)


def test_every_wrong_value_has_its_own_line(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_BATCH_MAX", "many")
    environment.setenv("OUTAGE_ZONE", "Nowhere")
    environment.delenv("OUTAGE_POSTGRES")
    with pytest.raises(SettingsError) as caught:
        KernelSettings.load()
    named = [line.split("=")[0].split(" ")[0] for line in str(caught.value).splitlines()]
    assert sorted(named) == ["OUTAGE_BATCH_MAX", "OUTAGE_POSTGRES", "OUTAGE_ZONE"]


def test_a_wrong_secret_is_never_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_TOKEN", "hunter2")
    environment.setenv("OUTAGE_POSTGRES", "mysql://app:hunter3@db")
    with pytest.raises(SettingsError) as caught:
        SenderSettings.load()
    assert "OUTAGE_TOKEN='****'" in str(caught.value)
    assert "mysql://app:****@db" in str(caught.value)
    assert "hunter" not in str(caught.value)
