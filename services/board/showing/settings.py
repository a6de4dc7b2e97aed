"""Read from the environment how the board proves that its notices can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field


class ShowingSettings(BaseModel):
    """Beside a renderer's settings. Without a gateway nothing is proven, and the policy must count by publication."""

    board_gateway: Annotated[
        str | None,
        Field(pattern=r"^https?://[^\s/]+/?$", description="the gateway that takes proofs, e.g. http://gateway:8080"),
    ] = None
    board_gateway_token: Annotated[
        Path | None,
        Field(description="the file with the token for it, which names notice.shown.v1 and notice.unreadable.v1"),
    ] = None
