"""Sign requests between us and the HTTP gateway for texts, in either direction, and check them. Pure.

Four headers: who it is, when it was, a word that is used once, and the HMAC over these, the path and the body.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

SLACK_SECONDS: Final = 300.0
"""A request's timestamp may be off by this much."""
ACCOUNT_UNKNOWN, NOT_SIGNED, CLOCK_OFF = 1001, 1002, 1003
_NONCE: Final = re.compile(r"[0-9A-Za-z]{16,64}")
_TIMESTAMP: Final = re.compile(r"[0-9]{13}")


def signed(secret: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The signature of a request: lower-case hex. `timestamp`: milliseconds since 1970."""
    said = "\n".join((path, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def signed_headers(account: str, secret: str, path: str, body: bytes, *, wall: datetime, nonce: str) -> dict[str, str]:
    """The four headers. `wall`: real time; `nonce`: 16 to 64 letters and digits, never used before."""
    timestamp = str(int(wall.timestamp() * 1000))
    return {
        "X-Account": account,
        "X-Timestamp": timestamp,
        "X-Nonce": nonce,
        "X-Signature": signed(secret, path, timestamp, nonce, body),
    }


def refusal_of(
    headers: Mapping[str, str], account: str, secret: str, path: str, body: bytes, *, wall: datetime
) -> int | None:
    """Why a request is not to be believed, as a code of the contract; None: it is genuine.

    Nonces are not kept: what is said in such a request is taken once by its own id, however often it comes.
    """
    given, timestamp, nonce, signature = (
        headers.get(f"X-{name}", "") for name in ("Account", "Timestamp", "Nonce", "Signature")
    )
    if not hmac.compare_digest(given.encode(), account.encode()):
        return ACCOUNT_UNKNOWN
    wanted = signed(secret, path, timestamp, nonce, body)
    well_formed = _NONCE.fullmatch(nonce) is not None and _TIMESTAMP.fullmatch(timestamp) is not None
    if not hmac.compare_digest(wanted.encode(), signature.encode()) or not well_formed:
        return NOT_SIGNED
    return CLOCK_OFF if abs(int(timestamp) / 1000 - wall.timestamp()) > SLACK_SECONDS else None
