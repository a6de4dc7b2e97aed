"""Have the simulated gateway carry some of a local stack's texts, beside the simulated Twilio.

The sample city's numbers are those that are kept for fiction, of which China has none. So a number of the United States stands
there for one of +86, and is routed as the product's own table routes those; +86 itself goes as shipped.
"""

from pathlib import Path
from typing import Final

from devstack.private import put
from devstack.sms_gateway.config import SAMPLE_ACCOUNT, SAMPLE_SECRET, SAMPLE_SIGNATURE
from services.notifier.provider_settings import OWN_COUNTRIES

GATEWAY: Final = "sms-gateway"
"""Its name among a stack's processes; its log and its folder are named so, too."""
COUNTRIES: Final = "countries.toml"
STANDS_FOR_CHINA: Final = """
# The sample city: numbers of +1 stand for those of +86, of which none is kept for fiction.
[US]
[US.providers.sms-gateway]
signature = true
two_way = true
[US.providers.twilio]
weight = 0
"""


def put_countries(folder: Path) -> None:
    """Write the local stack's table of countries: the product's own, and the sample city's stand-in."""
    put(folder / COUNTRIES, OWN_COUNTRIES.read_text(encoding="utf-8") + STANDS_FOR_CHINA)


def gateway_environment(url: str, folder: Path) -> dict[str, str]:
    """What a notifier needs to send by the simulated gateway at `url` as well."""
    return {
        "OUTAGE_SMS_GATEWAY_URL": url,
        "OUTAGE_SMS_GATEWAY_ACCOUNT": SAMPLE_ACCOUNT,
        "OUTAGE_SMS_GATEWAY_SECRET": SAMPLE_SECRET,
        "OUTAGE_SMS_GATEWAY_SIGNATURE": SAMPLE_SIGNATURE,
        "OUTAGE_SMS_GATEWAY_PER_SECOND": "200",
        "OUTAGE_SMS_GATEWAY_REPORT_SECONDS": "0.2",
        "OUTAGE_SMS_GATEWAY_UPLINK_SECONDS": "0.5",
        # Its list has a text at once (list_lag_seconds), so that a short quiet time sends nothing twice.
        "OUTAGE_SMS_GATEWAY_LAG_SECONDS": "0",
        "OUTAGE_SMS_COUNTRIES": str((folder / COUNTRIES).absolute()),
    }
