"""Read who speaks in the texts, whom they say to call, and what a segment costs: what can be read without a running system."""

from datetime import tzinfo
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.notifier.domain.wording.templates import UtilityVoice


class VoiceSettings(BaseSettings):
    """What texts are worded with. Variables are OUTAGE_ and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="OUTAGE_", env_ignore_empty=True, extra="ignore", frozen=True)

    utility_name: Annotated[str, Field(min_length=1, max_length=20, description="the signature of texts")] = (
        "东江供电公司"
    )
    utility_name_en: Annotated[
        str, Field(min_length=1, max_length=30, description="the signature of English texts")
    ] = "Dongjiang Power"
    hotline: Annotated[str, Field(pattern=r"^[0-9 +-]{3,20}$", description="the number to call, e.g. 95598")] = "95598"
    emergency: Annotated[
        str,
        Field(
            pattern=r"^[0-9]{2,6}$",
            description="whom to call where a life is in danger, said to homes with life support",
        ),
    ] = "120"
    sms_segment_price: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})? [A-Z]{3}$",
            description="what the provider takes for a segment and its currency, e.g. 0.045 CNY; unset: not known",
        ),
    ] = None

    def voice_in(self, zone: tzinfo) -> UtilityVoice:
        """Who speaks in the texts, to people whose clocks show `zone`."""
        return UtilityVoice(self.utility_name, self.hotline, zone, {"en": self.utility_name_en}, self.emergency)

    def price_of(self, segments: int) -> str | None:
        """What so many segments cost, with the currency; None where it is not known."""
        if self.sms_segment_price is None:
            return None
        amount, currency = self.sms_segment_price.split(" ")
        return f"{Decimal(amount) * segments} {currency}"
