"""Read the notifier's settings beside the kernel's and the policy's."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, SecretStr, ValidationInfo

from services.network.settings import NetworkSettings
from services.notifier.domain.wording.templates import UtilityVoice
from services.notifier.sending.providers.one_shot import CheckedConnector, Connect
from services.notifier.sending.providers.sender_name import sender_name
from services.notifier.sending.providers.twilio import TwilioProvider, status_callback
from services.notifier.voice_settings import VoiceSettings
from services.policy.settings import PolicySettings


def _one_sender(service: str | None, info: ValidationInfo) -> str | None:
    # A wrong sender is not in info.data: it has a line of its own.
    if "twilio_from" in info.data and (service is None) == (info.data["twilio_from"] is None):
        raise ValueError("one of the two")
    return service


class NotifierSettings(PolicySettings, NetworkSettings, VoiceSettings):
    """What the notifier reads beside the kernel's settings and the policy."""

    registry_days: Annotated[
        int,
        Field(ge=0, le=3650, description="days after which the registry's file counts as old; 0: never"),
    ] = 0
    vault_key: Annotated[SecretStr, Field(description="32 random bytes in base64: the key of the phone number vault")]
    vault_other_keys: Annotated[
        SecretStr,
        Field(description="keys that open the vault too, with commas between: while its key is changed, the other one"),
    ] = SecretStr("")
    index_key: Annotated[
        SecretStr, Field(min_length=16, description="the gateway's secret for blind indexes, 16 characters or more")
    ]
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$", description="AC and 32 hex digits")]
    twilio_auth_token: Annotated[SecretStr, Field(description="the account's auth token")]
    twilio_from: Annotated[
        str | None,
        AfterValidator(sender_name),
        Field(
            description="a number in E.164, e.g. +447700900500, or a name of 2 to 11 letters A-Z, digits and spaces "
            "with at least one letter; or leave it unset and name a messaging service"
        ),
    ] = None
    twilio_messaging_service_sid: Annotated[
        str | None,
        Field(
            pattern=r"^MG[0-9a-f]{32}$",
            validate_default=True,
            description="MG and 32 hex digits, or a sender in OUTAGE_TWILIO_FROM: one of the two, not both",
        ),
        AfterValidator(_one_sender),
    ] = None
    twilio_url: Annotated[str | None, Field(pattern=r"^https?://", description="another address than Twilio's own")] = (
        None
    )
    public_url: Annotated[
        str,
        Field(
            pattern=r"^https?://[^/]+/?.*$",
            description="where Twilio reaches the gateway, e.g. https://sms.utility.example",
        ),
    ]
    sms_per_second: Annotated[
        float, Field(gt=0, le=1000, description="texts per second of the sender, over all processes, up to 1000")
    ] = 10.0
    sms_quiet_seconds: Annotated[
        float,
        Field(ge=0.1, le=3600, description="how long the provider's list may lag before a lost attempt is sent again"),
    ] = 60.0
    sms_resolve_seconds: Annotated[
        float, Field(ge=0.05, le=600, description="seconds between look-ups of lost answers")
    ] = 5.0
    sms_reconcile_hours: Annotated[
        float,
        Field(
            ge=0,
            le=720,
            description="hours after which the provider's list is held against our books; 0: only when asked",
        ),
    ] = 24.0
    restored_to: Annotated[
        AwareDatetime | None,
        Field(
            description="after a restore of the database, the instant to which it went back, e.g. 2026-03-05T02:14:00Z: "
            "each text is looked up at the provider before its first post"
        ),
    ] = None
    fanout_chunk: Annotated[
        int, Field(ge=1, le=10_000, description="customers told of an outage in one transaction")
    ] = 1_000

    def voice(self) -> UtilityVoice:
        """Who speaks in the texts."""
        return self.voice_in(ZoneInfo(self.zone))

    def provider(self, connector: Connect = CheckedConnector) -> TwilioProvider:
        """The provider of texts; `connector` makes what opens its connections."""
        return TwilioProvider(
            account_sid=self.twilio_account_sid,
            auth_token=self.twilio_auth_token.get_secret_value(),
            callback=status_callback(self.public_url),
            sender=self.twilio_from,
            messaging_service_sid=self.twilio_messaging_service_sid,
            base_url=self.twilio_url,
            connector=connector,
        )
