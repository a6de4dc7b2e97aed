"""The board's settings: a front has nothing that could be stolen from it."""

import re

import pytest
from pydantic import SecretStr

from services.board.settings import FrontSettings, LoneFrontSettings, RendererSettings
from services.kernel.running.settings import SettingsError

OF_OTHERS = re.compile(r"postgres|kafka|broker|database|dsn|password|secret|token|key|twilio|role", re.IGNORECASE)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for settings in (LoneFrontSettings, RendererSettings):
        for name in settings.model_fields:
            monkeypatch.delenv(f"OUTAGE_{name.upper()}", raising=False)
    monkeypatch.setenv("OUTAGE_BOARD_UTILITY", "devstack/conf/board.toml")
    return monkeypatch


@pytest.mark.parametrize("settings", [FrontSettings, LoneFrontSettings])
def test_a_front_has_no_database_no_broker_and_no_secret(settings: type[FrontSettings]) -> None:
    assert [name for name in settings.model_fields if OF_OTHERS.search(name)] == []
    assert [name for name, one in settings.model_fields.items() if SecretStr.__name__ in str(one.annotation)] == []


def test_a_front_needs_the_utilitys_file_and_nothing_else() -> None:
    settings = FrontSettings.load()
    assert (settings.board_port, settings.board_copy, settings.servers) == (8086, None, ())


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("BOARD_RENDERER", "renderer:8087", "http://board-renderer:8087"),
        ("BOARD_RENDERER", "http://renderer:8087/path", "http://board-renderer:8087"),
        ("BOARD_PROXIES", "10.0.0.1/8", "networks of our own proxies"),
        ("BOARD_PROXIES", "proxy", "networks of our own proxies"),
        ("BOARD_POINTS_PER_MINUTE", "0", "a minute from one address"),
        ("BOARD_CONNECTIONS", "0", "connections served at once"),
    ],
)
def test_a_wrong_value_is_shown_beside_what_is_expected(
    environment: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    environment.setenv("OUTAGE_BOARD_RENDERER", "http://renderer:8087")
    environment.setenv(f"OUTAGE_{variable}", value)
    with pytest.raises(SettingsError) as caught:
        LoneFrontSettings.load()
    assert str(caught.value).startswith(f"OUTAGE_{variable}={value!r} is wrong; expected ")
    assert expected in str(caught.value)


def test_a_front_by_itself_says_that_it_needs_a_renderer() -> None:
    with pytest.raises(SettingsError, match=r"^OUTAGE_BOARD_RENDERER is not set; expected the renderer's inner port"):
        LoneFrontSettings.load()


def test_a_renderer_works_as_the_narrow_role_unless_told_otherwise(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_POSTGRES", "postgresql:///outage")
    environment.setenv("OUTAGE_BOARD_FOLDER", "/var/lib/board")
    settings = RendererSettings.load()
    assert (settings.postgres_role, settings.servers) == ("outage_board", ("postgresql:///outage",))
