"""Read the gateway's settings from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, SecretStr

from services.kernel.running.settings import DatabaseUrl, KernelSettings, SettingsError

NO_DATABASE = "postgresql://not-set"


class GatewaySettings(KernelSettings):
    """What the gateway reads beside the kernel's settings."""

    gone: ClassVar[Mapping[str, str]] = {
        "OUTAGE_NETWORK_FILE": "bring that file in by `outagectl import network FILE.csv`, or a better network"
    }

    postgres: DatabaseUrl = NO_DATABASE
    twilio_auth_token: Annotated[SecretStr, Field(description="the account's auth token")]
    twilio_auth_token_next: Annotated[
        SecretStr | None, Field(description="the secondary token, while it is changed")
    ] = None
    sms_gateway_account: Annotated[
        str | None,
        Field(min_length=1, max_length=64, description="the HTTP gateway's account, where it pushes texts to us"),
    ] = None
    sms_gateway_secret: Annotated[
        SecretStr | None,
        Field(min_length=8, description="the HTTP gateway account's secret, 8 characters or more"),
    ] = None
    public_url: Annotated[str, Field(pattern=r"^https?://", description="where Twilio reaches this gateway")]
    index_key: Annotated[
        SecretStr, Field(min_length=16, description="secret of 16 characters or more, for blind indexes")
    ]
    gateway_port: Annotated[int, Field(ge=0, le=65535, description="0 to 65535")] = 8085
    gateway_tokens: Annotated[
        Path | None,
        Field(description="the TOML file of tokens, see `outagectl token new`; unset: nobody may send events"),
    ] = None
    gateway_rate: Annotated[
        float, Field(gt=0, le=1_000_000, description="events a second for a token without a rate of its own")
    ] = 200.0
    gateway_connections: Annotated[
        int, Field(ge=1, le=100_000, description="connections served at once; more are answered 503")
    ] = 1_000

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: one line for each wrong or missing variable.

        """
        settings = super().load()
        if settings.gateway_tokens is not None and settings.postgres == NO_DATABASE:
            raise SettingsError(
                "OUTAGE_POSTGRES is not set; expected a database URL: with OUTAGE_GATEWAY_TOKENS events come in over "
                "HTTP, and what was taken is remembered there"
            )
        if (settings.sms_gateway_account is None) != (settings.sms_gateway_secret is None):
            raise SettingsError(
                "OUTAGE_SMS_GATEWAY_ACCOUNT and OUTAGE_SMS_GATEWAY_SECRET belong together: set both, where an HTTP gateway "
                "pushes texts of customers to us, or none"
            )
        return settings

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server named here; the webhooks need no database."""
        return (self.kafka,) if self.postgres == NO_DATABASE else (self.kafka, self.postgres)

    def tokens(self) -> list[str]:
        """Every token that signs webhooks now."""
        both = (self.twilio_auth_token, self.twilio_auth_token_next)
        return [token.get_secret_value() for token in both if token is not None]
