"""The sender of all texts is checked when the notifier starts, not by the first text of a storm."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.local import gateway_environment
from services.kernel.clock import SystemClock
from services.kernel.running.settings import SettingsError
from services.notifier.sending.providers.sender_name import sender_name
from services.notifier.settings import NotifierSettings

ROOT = Path(__file__).parents[3]
GIVEN = {
    "OUTAGE_KAFKA": "127.0.0.1:9092",
    "OUTAGE_POSTGRES": "postgresql://postgres:@/outage?host=/nowhere",
    "OUTAGE_VAULT_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "OUTAGE_INDEX_KEY": "sixteen-characters",
    "OUTAGE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "OUTAGE_TWILIO_AUTH_TOKEN": "token",
    "OUTAGE_PUBLIC_URL": "https://sms.utility.example",
}
SERVICE = "MG" + "a" * 32


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NotifierSettings.model_fields:
        monkeypatch.delenv(f"OUTAGE_{name.upper()}", raising=False)
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize("sender", ["+447700900500", "+15005550006", "Dongjiang", "DJ 95598", "K9", "Power24hLtd"])
def test_a_number_in_e164_or_a_short_name_is_a_sender(environment: pytest.MonkeyPatch, sender: str) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", sender)
    assert NotifierSettings.load().twilio_from == sender


# The first three are case 20's: 23 characters, Chinese, a national number.
@pytest.mark.parametrize(
    "sender",
    ["Dongjiang Power Company", "东江供电", "07700900500", "95598", "+0447700900500", "A", "Power Co Ltd",
     " Power", "Power ", "Power!", "+44 7700 900500", "Po\u200bwer", "Ｐｏｗｅｒ"],
)  # fmt: skip
def test_any_other_sender_is_refused_at_the_start_with_what_is_expected(
    environment: pytest.MonkeyPatch, sender: str
) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", sender)
    with pytest.raises(SettingsError) as caught:
        NotifierSettings.load()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"OUTAGE_TWILIO_FROM={sender!r} is wrong; expected a number in E.164")
    assert "2 to 11 letters A-Z, digits and spaces with at least one letter" in line


def test_a_wrong_sender_ends_the_service_with_78(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang Power Company")
    ended = subprocess.run(
        [sys.executable, "-m", "services.notifier"],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 78
    assert ended.stderr.startswith("OUTAGE_TWILIO_FROM='Dongjiang Power Company' is wrong; expected")


@pytest.mark.parametrize("both", [True, False])
def test_exactly_one_of_sender_and_messaging_service_is_given(environment: pytest.MonkeyPatch, both: bool) -> None:
    if both:
        environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
        environment.setenv("OUTAGE_TWILIO_MESSAGING_SERVICE_SID", SERVICE)
    with pytest.raises(SettingsError, match=r"OUTAGE_TWILIO_MESSAGING_SERVICE_SID=.* one of the two, not both"):
        NotifierSettings.load()


def test_a_messaging_service_alone_will_do(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_TWILIO_MESSAGING_SERVICE_SID", SERVICE)
    assert NotifierSettings.load().twilio_from is None


@given(st.text(max_size=15))
def test_whatever_is_taken_has_two_to_eleven_characters_of_the_providers_alphabet(text: str) -> None:
    try:
        sender_name(text)
    except ValueError:
        return
    assert text.startswith("+") or (2 <= len(text) <= 11 and text.isascii() and any(c.isalpha() for c in text))


GATEWAY = {
    "OUTAGE_SMS_GATEWAY_URL": "https://sms.carrier.example",
    "OUTAGE_SMS_GATEWAY_ACCOUNT": "dongjiang",
    "OUTAGE_SMS_GATEWAY_SECRET": "eight-or-more",
    "OUTAGE_SMS_GATEWAY_SIGNATURE": "东江供电公司",
}


def names(environment: pytest.MonkeyPatch, **more: str) -> list[str]:
    for name, value in more.items():
        environment.setenv(name, value)
    return [one.name for one in NotifierSettings.load().providers(SystemClock().wall)]


def test_both_providers_are_set_up_or_either_alone(environment: pytest.MonkeyPatch) -> None:
    assert names(environment, OUTAGE_TWILIO_FROM="Dongjiang") == ["twilio"]
    assert names(environment, **GATEWAY) == ["twilio", "sms-gateway"]
    for name in ("OUTAGE_TWILIO_ACCOUNT_SID", "OUTAGE_TWILIO_AUTH_TOKEN", "OUTAGE_TWILIO_FROM"):
        environment.delenv(name)
    assert names(environment) == ["sms-gateway"]
    assert NotifierSettings.load().first_provider == "sms-gateway"


def test_without_any_provider_it_does_not_start(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("OUTAGE_TWILIO_ACCOUNT_SID")
    with pytest.raises(SettingsError, match="OUTAGE_TWILIO_ACCOUNT_SID is not set; expected AC and 32 hex digits"):
        NotifierSettings.load()


@pytest.mark.parametrize("lacks", sorted(GATEWAY.keys() - {"OUTAGE_SMS_GATEWAY_URL"}))
def test_a_gateway_half_set_up_is_refused_with_what_it_lacks(environment: pytest.MonkeyPatch, lacks: str) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
    for name, value in GATEWAY.items():
        if name != lacks:
            environment.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{lacks} is not set; expected the"):
        NotifierSettings.load()


def test_twilio_without_its_token_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
    environment.delenv("OUTAGE_TWILIO_AUTH_TOKEN")
    with pytest.raises(SettingsError, match=r"^OUTAGE_TWILIO_AUTH_TOKEN is not set"):
        NotifierSettings.load()


def test_a_table_of_countries_of_ones_own_is_read_and_a_wrong_one_named(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
    own = tmp_path / "countries.toml"
    environment.setenv("OUTAGE_SMS_COUNTRIES", str(own))
    with pytest.raises(SettingsError, match=r"OUTAGE_SMS_COUNTRIES=.* is wrong; .*No such file"):
        NotifierSettings.load().countries()
    own.write_text("[default.providers.twilio]\nweight = -1\n")
    with pytest.raises(SettingsError, match=r"cannot be read: .*weight"):
        NotifierSettings.load().countries()
    own.write_text("[default.providers.twilio]\n[GB.providers.sms-gateway]\n")
    assert set(NotifierSettings.load().countries().of("GB").providers) == {"sms-gateway"}


def test_that_a_lost_text_may_be_sent_twice_is_said_where_the_gateways_list_may_be_later_than_we_wait(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
    assert not NotifierSettings.load().may_double(3), "there is no gateway"
    for name, value in GATEWAY.items():
        environment.setenv(name, value)
    by_contract = NotifierSettings.load()
    assert (by_contract.may_double(29.9), by_contract.may_double(30)) == (True, False)
    environment.setenv("OUTAGE_SMS_GATEWAY_LAG_SECONDS", "2")
    assert (NotifierSettings.load().may_double(1.9), NotifierSettings.load().may_double(3)) == (True, False)


def test_of_a_local_stack_it_is_not_said_for_its_gateway_shows_a_text_at_once(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in gateway_environment("http://127.0.0.1:1", tmp_path).items():
        environment.setenv(name, value)
    environment.delenv("OUTAGE_SMS_COUNTRIES")
    environment.setenv("OUTAGE_TWILIO_FROM", "Dongjiang")
    assert GatewaySimulatorSettings().list_lag_seconds == 0
    assert not NotifierSettings.load().may_double(3)
