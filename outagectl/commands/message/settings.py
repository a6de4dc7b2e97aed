"""Read the settings with which texts are worded."""

from __future__ import annotations

from pydantic import ValidationError

from operations.errors import Misconfigured
from services.notifier.voice_settings import VoiceSettings


def voice_settings() -> VoiceSettings:
    """As the notifier would find them here.

    Raises:
        Misconfigured: a value is wrong; the message says which.

    """
    try:
        return VoiceSettings()
    except ValidationError as error:
        wrong = "; ".join(f"OUTAGE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise Misconfigured(f"a setting is wrong: {wrong}") from None
