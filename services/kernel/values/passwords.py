"""Mask the password in the address of a database, so that it can be shown. Imports nothing of the settings: commands use it too."""

import re
from typing import Final

_IN_URL: Final = re.compile(r"(://[^:/@\s]*:)\S*@|(\bpassword=)[^&\s]+")


def mask_password(url: str) -> str:
    """A database URL as it may be shown.

    >>> mask_password("postgresql://app:secret@db/outage")
    'postgresql://app:****@db/outage'
    """
    return _IN_URL.sub(lambda m: f"{m[1]}****@" if m[1] else f"{m[2]}****", url)
