"""Run the simulated HTTP gateway, and a provider that talks to it, on real sockets."""

from datetime import datetime

from devstack.sms_gateway.config import SAMPLE_ACCOUNT, SAMPLE_SECRET, SAMPLE_SIGNATURE
from services.kernel.clock import SystemClock
from services.notifier.domain.provider.port import FindRequest, SendRequest
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider

ANNA, BEN = "+447700900101", "+447700900102"
TEXT = f"【{SAMPLE_SIGNATURE}】您好!贵单位自3月5日8时起停电,编号K7F3Q-2C。"
CLOCK = SystemClock()


def make_gateway(url: str, *, secret: str = SAMPLE_SECRET, total_seconds: float = 5.0) -> SmsGatewayProvider:
    """A provider that talks to the gateway at `url`."""
    return SmsGatewayProvider(
        url=url,
        account=SAMPLE_ACCOUNT,
        secret=secret,
        signature=SAMPLE_SIGNATURE,
        wall=CLOCK.wall,
        total_seconds=total_seconds,
        connect_seconds=1.0,
    )


def request(message_id: str = "m-1", attempt: int = 1, to: str = ANNA, body: str = TEXT) -> SendRequest:
    """An attempt."""
    return SendRequest(message_id=message_id, attempt=attempt, to=to, body=body, valid_seconds=600.0)


def lost(
    started_at: datetime, message_id: str = "m-1", attempt: int | None = 1, to: str | None = ANNA, body: str = TEXT
) -> FindRequest:
    """What is known of an attempt whose answer was lost; without a number, of unknown ones."""
    ref = "K7F3Q" if attempt is None else None
    return FindRequest(message_id=message_id, attempt=attempt, to=to, body=body, ref=ref, started_at=started_at)
