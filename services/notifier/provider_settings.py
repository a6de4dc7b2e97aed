"""Read which providers of texts are set up: Twilio, an HTTP gateway (docs/sms-gateway.md), or both."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kernel.running.settings import SettingsError
from services.notifier.domain.provider import gateway_codes, twilio_codes
from services.notifier.domain.provider.countries import Countries, CountriesError, read_countries
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.sending.providers.one_shot import CheckedConnector, Connect
from services.notifier.sending.providers.sender_name import sender_name
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from services.notifier.sending.providers.twilio import TwilioProvider, status_callback

OWN_COUNTRIES = Path(__file__).parent / "countries.toml"
T = TypeVar("T")


def own_countries() -> Countries:
    """The product's own table of countries and providers."""
    return read_countries(OWN_COUNTRIES.read_text(encoding="utf-8"))


def _needed_with(other: str) -> Callable[[T | None, ValidationInfo], T | None]:
    """Must be set where `other` is."""

    def check(given: T | None, info: ValidationInfo) -> T | None:
        if given is None and info.data.get(other) is not None:
            raise PydanticCustomError("missing", "needed")
        return given

    return check


def _needed_without_gateway(account: str | None, info: ValidationInfo) -> str | None:
    # A wrong address of the gateway is not in info.data: it has a line of its own.
    if account is None and "sms_gateway_url" in info.data and info.data["sms_gateway_url"] is None:
        raise PydanticCustomError("missing", "needed")
    return account


def _one_sender(service: str | None, info: ValidationInfo) -> str | None:
    # A wrong sender is not in info.data: it has a line of its own.
    if info.data.get("twilio_account_sid") is None and service is None:
        return service
    if "twilio_from" in info.data and (service is None) == (info.data["twilio_from"] is None):
        raise ValueError("one of the two")
    return service


class ProviderSettings(BaseSettings):
    """Providers and how texts are shared among them. Variables are OUTAGE_ and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="OUTAGE_", env_ignore_empty=True, extra="ignore", frozen=True)

    sms_gateway_url: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s?#]+$",
            description="the HTTP gateway's base address, e.g. https://sms.carrier.example",
        ),
    ] = None
    sms_gateway_account: Annotated[
        str | None,
        Field(min_length=1, max_length=64, validate_default=True, description="the gateway's account"),
        AfterValidator(_needed_with("sms_gateway_url")),
    ] = None
    sms_gateway_secret: Annotated[
        SecretStr | None,
        Field(min_length=8, validate_default=True, description="the gateway account's secret, 8 characters or more"),
        AfterValidator(_needed_with("sms_gateway_url")),
    ] = None
    sms_gateway_signature: Annotated[
        str | None,
        Field(
            pattern=r"^[^\s【】]{2,20}$",
            validate_default=True,
            description="the name that is registered with the gateway, 2 to 20 signs without 【】; texts begin with it",
        ),
        AfterValidator(_needed_with("sms_gateway_url")),
    ] = None
    sms_gateway_per_second: Annotated[
        float,
        Field(gt=0, le=1000, description="texts per second that the gateway takes, over all processes, up to 1000"),
    ] = 20.0
    sms_gateway_report_seconds: Annotated[
        float,
        Field(ge=0, le=600, description="seconds between looks for the gateway's reports; 0: it gives none"),
    ] = 5.0
    sms_gateway_uplink_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=600,
            description="seconds between looks for texts that customers sent to the gateway; 0: never, it pushes them to us",
        ),
    ] = 5.0
    sms_gateway_lag_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="after how many seconds at the latest a text shows in the gateway's list; 30 by its contract",
        ),
    ] = 30.0
    twilio_account_sid: Annotated[
        str | None,
        Field(
            pattern=r"^AC[0-9a-f]{32}$",
            validate_default=True,
            description="AC and 32 hex digits; unset where OUTAGE_SMS_GATEWAY_URL names the only provider",
        ),
        AfterValidator(_needed_without_gateway),
    ] = None
    twilio_auth_token: Annotated[
        SecretStr | None,
        Field(validate_default=True, description="the account's auth token"),
        AfterValidator(_needed_with("twilio_account_sid")),
    ] = None
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
    sms_countries: Annotated[
        Path | None,
        Field(
            description="a table of countries and providers instead of the product's own (services/notifier/countries.toml)"
        ),
    ] = None

    def provider(self, connector: Connect = CheckedConnector) -> SmsProvider:
        """Twilio; `connector` makes what opens its connections.

        Raises:
            SettingsError: Twilio is not set up.

        """
        if self.twilio_account_sid is None or self.twilio_auth_token is None:
            raise SettingsError("OUTAGE_TWILIO_ACCOUNT_SID is not set")
        return TwilioProvider(
            account_sid=self.twilio_account_sid,
            auth_token=self.twilio_auth_token.get_secret_value(),
            callback=status_callback(self.public_url),
            sender=self.twilio_from,
            messaging_service_sid=self.twilio_messaging_service_sid,
            base_url=self.twilio_url,
            connector=connector,
        )

    def gateway(self, wall: Callable[[], datetime], connector: Connect = CheckedConnector) -> SmsGatewayProvider | None:
        """The HTTP gateway, where one is set up; `wall`: real time, which signs requests."""
        if self.sms_gateway_url is None or self.sms_gateway_account is None or self.sms_gateway_secret is None:
            return None
        return SmsGatewayProvider(
            url=self.sms_gateway_url,
            account=self.sms_gateway_account,
            secret=self.sms_gateway_secret.get_secret_value(),
            signature=self.sms_gateway_signature or "",
            wall=wall,
            connector=connector,
        )

    def providers(self, wall: Callable[[], datetime]) -> Sequence[SmsProvider]:
        """All that are set up, the first one first."""
        twilio = [self.provider()] if self.twilio_account_sid is not None else []
        gateway = self.gateway(wall)
        return [*twilio, *([gateway] if gateway is not None else [])]

    def may_double(self, quiet_seconds: float) -> bool:
        """Whether a text may be sent again that the gateway only shows later. `quiet_seconds`: how long we wait for it."""
        return self.sms_gateway_url is not None and quiet_seconds < self.sms_gateway_lag_seconds

    @property
    def silent_providers(self) -> Sequence[str]:
        """Those that never say what became of a text that they took."""
        return [gateway_codes.PROVIDER] if self.sms_gateway_url and not self.sms_gateway_report_seconds else []

    @property
    def first_provider(self) -> str:
        """Whose attempts those are that stand for what a restored database does not know; all providers are asked of them."""
        return gateway_codes.PROVIDER if self.twilio_account_sid is None else twilio_codes.PROVIDER

    def countries(self) -> Countries:
        """The table of countries and providers in force.

        Raises:
            SettingsError: it cannot be read.

        """
        if self.sms_countries is None:
            return own_countries()
        try:
            return read_countries(self.sms_countries.read_text(encoding="utf-8"))
        except (OSError, UnicodeError, CountriesError) as error:
            raise SettingsError(f"OUTAGE_SMS_COUNTRIES={str(self.sms_countries)!r} is wrong; {error}") from None
