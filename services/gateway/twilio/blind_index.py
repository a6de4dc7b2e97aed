"""Fingerprint phone numbers with a key, to match texts to contacts where the number may not travel."""

import hashlib
import hmac

import phonenumbers

LEAST_KEY_BYTES = 16


def e164(number: str) -> str:
    """The number in its one written form, `+8613800138000` for `+86 138-0013 8000`.

    Short codes and sender names have no such form: they stay as they are, in capitals and without spaces around.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number.strip().upper()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def blind_index(number: str, key: bytes) -> str:
    """HMAC-SHA256 over the E.164 form, as 64 hex digits; equal for every way to write one number.

    :param key: secret of the installation, the same in gateway and notifier.
    :raises ValueError: the key has fewer than 16 bytes.
    """
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError(f"the blind index key has {len(key)} bytes: give at least {LEAST_KEY_BYTES}, random")
    return hmac.new(key, e164(number).encode(), hashlib.sha256).hexdigest()
