"""Say a cause in a text: only where it fits, in room and in alphabet. Pure."""

from typing import Final

from services.wording.speakers import has_han

CAUSE_LIMIT: Final = 12
CAUSE_LIMIT_LATIN: Final = 30


def cause_said(cause: str | None, *, chinese: bool) -> str:
    """The confirmed cause, if it fits: short enough, and in the script the reader reads."""
    if not cause:
        return ""
    fits = len(cause) <= (CAUSE_LIMIT if chinese else CAUSE_LIMIT_LATIN) and has_han(cause) == chinese
    said = cause.strip().rstrip("。.") if fits else ""
    # Feeds write causes as headings; here they stand within a sentence. "RCMP request" keeps its capitals.
    return said[:1].lower() + said[1:] if said[1:2].islower() else said
