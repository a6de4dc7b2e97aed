"""Read the restorer's settings beside the kernel's and the policy's."""

from typing import Annotated

from pydantic import AfterValidator, Field

from services.kernel.operators.forgetting import kept_long_enough
from services.policy.settings import PolicySettings


class RestorerSettings(PolicySettings):
    """What the restorer reads beside the kernel's settings and the policy."""

    words_days: Annotated[
        int,
        AfterValidator(kept_long_enough),
        Field(
            ge=0, le=36500, description="days to keep what customers said, and people noted, 30 to 36500; 0: for ever"
        ),
    ] = 1095
