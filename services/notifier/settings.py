"""Read the notifier's settings beside the kernel's and the policy's."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, SecretStr

from services.kernel.operators.forgetting import kept_long_enough
from services.network.settings import NetworkSettings
from services.notifier.domain.provider import gateway_codes
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.domain.wording.templates import UtilityVoice
from services.notifier.provider_settings import ProviderSettings
from services.notifier.voice_settings import VoiceSettings
from services.policy.settings import PolicySettings


class NotifierSettings(PolicySettings, NetworkSettings, VoiceSettings, ProviderSettings):
    """What the notifier reads beside the kernel's settings and the policy."""

    registry_days: Annotated[
        int,
        Field(ge=0, le=3650, description="days after which the registry's file counts as old; 0: never"),
    ] = 0
    text_days: Annotated[
        int,
        AfterValidator(kept_long_enough),
        Field(ge=0, le=36500, description="days to keep the wording of texts, 30 to 36500; 0: for ever"),
    ] = 1095
    words_days: Annotated[
        int,
        AfterValidator(kept_long_enough),
        Field(
            ge=0,
            le=36500,
            description="days to keep what customers answered and people noted, 30 to 36500; 0: for ever",
        ),
    ] = 1095
    profile_days: Annotated[
        int,
        AfterValidator(kept_long_enough),
        Field(
            ge=0,
            le=36500,
            description="days to keep a profile that another took the place of, 30 to 36500; 0: for ever",
        ),
    ] = 90
    number_days: Annotated[
        int,
        Field(
            ge=0,
            le=3650,
            description="days after which somebody is to ask whether a phone number is still right; 0: never",
        ),
    ] = 365
    vault_key: Annotated[SecretStr, Field(description="32 random bytes in base64: the key of the phone number vault")]
    vault_other_keys: Annotated[
        SecretStr,
        Field(description="keys that open the vault too, with commas between: while its key is changed, the other one"),
    ] = SecretStr("")
    index_key: Annotated[
        SecretStr, Field(min_length=16, description="the gateway's secret for blind indexes, 16 characters or more")
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
    sms_schedule: Annotated[
        bool,
        Field(
            description="whether notices of later work wait with the provider, where it can, and are reconciled before they "
            "go: with OUTAGE_TWILIO_MESSAGING_SERVICE_SID"
        ),
    ] = True
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

    def rate_of(self, provider: SmsProvider) -> float:
        """Texts per second that a provider takes, over all processes."""
        return self.sms_gateway_per_second if provider.name == gateway_codes.PROVIDER else self.sms_per_second
