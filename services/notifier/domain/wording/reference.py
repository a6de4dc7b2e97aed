"""Derive a text's id and reference code from what it says, so that the same intent always has the same."""

from hashlib import sha256
from uuid import UUID, uuid5

# Crockford base32: no I, L, O, U, so that a code read over the telephone is heard as it was sent.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REF_LENGTH = 5

_NAMESPACE = UUID("5f0c1f0e-6f6b-5d0a-9d52-2a1c6a0e9b77")


def dedupe_key(
    *, mrid: str, trigger: str, version: int, customer_id: str, contact_id: str, says: str, round_: int
) -> str:
    """What makes two intents the same one.

    `version` is that of the outage or notice spoken of, `says` names the content, `round_` counts earlier intents that
    were equal in all of this and came to nothing (expired, suppressed).
    """
    return "|".join((mrid, trigger, str(version), customer_id, contact_id, says, str(round_)))


def message_id(key: str) -> str:
    """The id of the text with this dedupe key: a UUID, version 5."""
    return str(uuid5(_NAMESPACE, key))


def ref(key: str) -> str:
    """Five characters of Crockford base32 (25 bits of sha256), as printed in the text and asked for on the hotline."""
    bits = int.from_bytes(sha256(key.encode()).digest()[:4], "big") >> 7
    return "".join(CROCKFORD[(bits >> (5 * place)) & 31] for place in reversed(range(REF_LENGTH)))
