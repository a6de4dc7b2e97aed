"""The sender of all texts is checked when the notifier starts, not by the first text of a storm."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
