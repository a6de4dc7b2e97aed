"""The simulator's settings. All delays are real seconds, also when the domain clock is warped."""

from typing import Annotated

import msgspec
from msgspec import Meta

SAMPLE_ACCOUNT = "AC" + "0" * 31 + "1"
"""Account sid of the local stack. Not a secret, not an account of anybody."""
SAMPLE_TOKEN = "local-stack-token"  # noqa: S105 - the password of a simulator that listens on 127.0.0.1 only
SAMPLE_SENDER = "+15005550006"
"""Twilio's own magic number for "a sender that works"."""
QUEUE_HOURS = 10
"""Twilio holds ten hours of work for each sender before it says 21611 (notes on limits, Twilio's queue page)."""

Seconds = Annotated[float, Meta(ge=0)]


class SimulatorSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything that may change while the simulator runs (`GET` and `PATCH /_sim/config`)."""

    account_sid: str = SAMPLE_ACCOUNT
    auth_token: str = SAMPLE_TOKEN
    owned_numbers: list[str] = []
    """Numbers that may be used as From; empty: any well-formed one."""
    pool: list[str] = msgspec.field(default_factory=lambda: [SAMPLE_SENDER])
    """Senders behind every messaging service; a recipient always gets the same one."""
    segments_per_second: Annotated[float, Meta(gt=0)] = 200.0
    """What one sender may hand to the carrier (a US long code: 1, a short code: 100)."""
    queue_hours: Annotated[float, Meta(gt=0)] = QUEUE_HOURS
    send_seconds: Seconds = 0.05
    """From `sending` to `sent`."""
    deliver_seconds: Seconds = 0.15
    """From `sent` to the handset."""
    list_lag_seconds: Seconds = 0.0
    """How long a new message stays out of the list. Twilio documents no bound; fetch by sid sees it at once."""
    callback_retry_seconds: Seconds = 0.2
    inbound_url: str | None = None
    """Public address of the webhook for texts in."""
    reach: dict[str, str] = {}
    """Public base address → where it is really served, as a proxy that ends TLS would do it. Signatures stay public."""
    seed: int = 1
