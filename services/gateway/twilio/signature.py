"""Check that a webhook is from Twilio (https://www.twilio.com/docs/usage/webhooks/webhooks-security).

The signature covers the address as *Twilio* wrote it, to the letter: scheme, host, path, query order. Behind a proxy
that ends TLS the server sees another one, so the public base address is configured and wins.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

SIGNATURE_HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
HASHES: dict[str, Callable[..., "hashlib._Hash"]] = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
DEFAULT_HASH = "HMAC_SHA1"
DEFAULT_PORTS = {"https": 443, "http": 80}


def public_address(public_url: str, raw_path: str, raw_query: str) -> str:
    """The address Twilio called.

    :param public_url: base address as configured, e.g. `https://sms.example.org`; may have a path the proxy cuts off.
    :param raw_path: path as received, not decoded.
    :param raw_query: query as received, not decoded; may be empty.
    """
    address = public_url.rstrip("/") + raw_path
    return f"{address}?{raw_query}" if raw_query else address


def is_genuine(
    *,
    address: str,
    fields: Sequence[tuple[str, str]],
    signature: str | None,
    tokens: Iterable[str],
    settings: str | None = None,
) -> bool:
    """Whether one of our tokens made this signature.

    :param address: see public_address.
    :param fields: the form as received, in any order; empty values included.
    :param signature: the X-Twilio-Signature header; None when missing.
    :param tokens: primary and, while a token is being changed, secondary auth token.
    :param settings: the X-Twilio-Webhooks-Signature-Settings header, which may name HMAC_SHA256.
    """
    hash_name = _hash_name(settings)
    if not signature or hash_name not in HASHES:
        return False
    # Twilio is not consistent about a port in the signed address (its own validators try both forms).
    forms = {form + _canonical(fields) for form in _with_and_without_port(address)}
    genuine = False
    for token in tokens:
        for form in forms:  # every pair is tried, so that the time taken tells nothing
            made = hmac.new(token.encode(), form.encode(), HASHES[hash_name]).digest()
            genuine |= hmac.compare_digest(base64.b64encode(made), signature.encode())
    return genuine


def _canonical(fields: Sequence[tuple[str, str]]) -> str:
    return "".join(name + value for name, value in sorted(set(fields)))


def _hash_name(settings: str | None) -> str:
    for part in (settings or "").split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return DEFAULT_HASH


def _with_and_without_port(address: str) -> set[str]:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return {address}
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return {address, _at(parts, host), _at(parts, f"{host}:{port}")}


def _at(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()
