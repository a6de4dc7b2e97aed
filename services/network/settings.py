"""Read how old a network model may be before somebody is told."""

from typing import Annotated

from pydantic import Field

from services.kernel.running.settings import KernelSettings


class NetworkSettings(KernelSettings):
    """What every service with a copy of the network model reads."""

    network_days: Annotated[
        int,
        Field(ge=0, le=3650, description="days after which an edition of the network model counts as old; 0: never"),
    ] = 0
