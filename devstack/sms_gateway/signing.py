"""Sign a request as the contract says.

Written here from the description and not taken from the product, so that the two can disagree in a test.
"""

import hashlib
import hmac


def signature_of(secret: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """HMAC-SHA256 over path, timestamp, nonce and the body's SHA-256, a line each; lower-case hex."""
    digest = hashlib.sha256(body).hexdigest()
    return hmac.new(secret.encode(), f"{path}\n{timestamp}\n{nonce}\n{digest}".encode(), hashlib.sha256).hexdigest()
