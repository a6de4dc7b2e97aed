"""A setting that was taken away is named with what to do instead: what it asked for must not be missed in silence."""

import pytest

from services.gateway.settings import GatewaySettings
from services.kernel.running.settings import KernelSettings, SettingsError
from services.planner.settings import PlannerSettings


@pytest.mark.parametrize("settings", [PlannerSettings, GatewaySettings])
def test_a_network_file_is_read_no_more_and_the_way_on_is_said(
    settings: type[KernelSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTAGE_NETWORK_FILE", "/etc/outage/network.csv")
    with pytest.raises(
        SettingsError, match=r"OUTAGE_NETWORK_FILE is read no more: .*outagectl import network FILE\.csv.*unset it"
    ):
        settings.load()
