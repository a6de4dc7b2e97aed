"""Check the sender's name or number when the service starts, not with the first text of a storm. Pure.

Source: Twilio's alphanumeric sender IDs, https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id (up to 11
characters of A-Z, a-z, 0-9 and space, at least one letter).
"""

import re

from services.notifier.tables.vault import E164

NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 ]{0,9}[A-Za-z0-9])")


def sender_name(given: str | None) -> str | None:
    """`given`, if a provider can take it: a number in E.164, or 2 to 11 letters, digits and spaces with a letter in it.

    A space at an end is refused: handsets would show another name than the one that is written.

    Raises:
        ValueError: it is neither.

    """
    if given is None or E164.fullmatch(given) or NAME.fullmatch(given):
        return given
    raise ValueError("neither a number in E.164 nor a sender's name")
