"""Sign a webhook as Twilio does (https://www.twilio.com/docs/usage/webhooks/webhooks-security).

Written here from the description and not taken from the product, so that the two can disagree in a test.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the public address and the sorted form fields, base64.

    :param url: as Twilio calls it: with the query, without the `#…` of connection overrides.
    """
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
