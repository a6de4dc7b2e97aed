"""Check Kafka keys as names: UTF-8, no control characters, no longer than a contract's name."""

import re

LONGEST = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def plain_key(key: bytes | None) -> str | None:
    """`key` as text; None where it is no name: not UTF-8, empty, too long, or with control characters."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return text if 0 < len(text) <= LONGEST and not _CONTROL.search(text) else None
