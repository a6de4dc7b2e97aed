"""Open the database as another role sees it."""

from urllib.parse import urlsplit, urlunsplit


def as_role(address: str, role: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"{role}:@{parts.netloc.rpartition('@')[2]}"))
