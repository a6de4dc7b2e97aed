"""The simulator's settings. All delays are real seconds, also when the domain clock is warped."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

SAMPLE_ACCOUNT: Final = "local-stack"
SAMPLE_SECRET: Final = "local-stack-secret"  # noqa: S105 - the password of a simulator that listens on 127.0.0.1 only
SAMPLE_SIGNATURE: Final = "东江供电公司"

Seconds = Annotated[float, Meta(ge=0)]


class GatewaySimulatorSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything that may change while the simulator runs (`GET` and `PATCH /_sim/config`)."""

    account: str = SAMPLE_ACCOUNT
    secret: str = SAMPLE_SECRET
    signatures: list[str] = msgspec.field(default_factory=lambda: [SAMPLE_SIGNATURE])
    """Registered ones: every text begins with one of them in 【】."""
    countries: list[str] = []
    """Calling codes that are carried, e.g. `+86`; empty: all."""
    opted_out: list[str] = []
    """Numbers that want no texts."""
    send_seconds: Seconds = 0.05
    """From WAITING to SENT."""
    deliver_seconds: Seconds = 0.15
    """From SENT to the handset."""
    list_lag_seconds: Seconds = 0.0
    """How long a new message is not found by `query`; the contract promises less than 30."""
    uplink_url: str | None = None
    """Where texts of customers are pushed to; None: they wait until they are fetched."""
    push_again_seconds: Annotated[float, Meta(gt=0)] = 1.0
    """After a push that was not answered with code 0."""
    kept_hours: Annotated[float, Meta(gt=0)] = 72.0
    clock_seconds: Seconds = 300.0
    """How far a request's timestamp may be off."""
    seed: int = 1
