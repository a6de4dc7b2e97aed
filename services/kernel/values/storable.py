"""Escape what PostgreSQL refuses in text, so that whatever a stranger sent can be kept."""


def storable(text: str) -> str:
    r"""`text` without U+0000 and without lone surrogates, which no text, json or jsonb takes; each stands there escaped.

    For what is kept to be looked at: names, headers and details of what was set aside. A fact that is judged never needs it,
    for its contract refuses both.

    >>> storable("a\x00b")
    'a\\x00b'
    """
    return text.replace("\x00", r"\x00").encode("utf-8", "backslashreplace").decode()


def readable(raw: bytes) -> str:
    """Bytes of whatever kind as text that can be stored: UTF-8 as it stands, anything else escaped."""
    return storable(raw.decode("utf-8", "backslashreplace"))
