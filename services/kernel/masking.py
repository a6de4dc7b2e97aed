"""Phone numbers taken out of whatever a stranger can write: nothing of them is kept or published."""

import re

MASK = "…"

# As people write them: with a plus or 00, with an area code in brackets or after a 0, Chinese mobiles with or without
# gaps. Instants, UUIDs, offsets and plain ids keep their digits.
_NUMBER = re.compile(
    r"\+\d[\d ().-]{6,}\d"
    r"|(?<!\w)00\d[\d ().-]{6,}\d"
    r"|(?<![\w.])0\d{2,4}[ -]?\d{3,4}[ -]?\d{3,4}(?!\w)"
    r"|\(\d{3,4}\) ?\d{3,4}[ -]\d{4}(?!\w)"
    r"|(?<![\w.-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w-]|\.\d)"
)


def mask(text: str) -> str:
    """`text` with each phone number replaced by an ellipsis.

    >>> mask("call +44 7700 900123 or 138-0013-8000")
    'call … or …'
    """
    return _NUMBER.sub(MASK, text)
