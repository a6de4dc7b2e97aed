"""Tell whether two bodies are one text worded at two instants: then they differ in nothing but the times that they name.

All texts about one outage bear one code, so that the code alone does not say which of them a message is. What depends on the
hour at which a text is worded is the time of the next word, and with it how much room is left for the place, which stands
between brackets.
"""

import re
from typing import Final

# As services/wording/speakers.py writes instants: 2027年3月5日9时12分(BST), 9时; 09:12 BST on 5 March 2027, 09:12.
_INSTANT: Final = re.compile(
    r"(?:(?:\d+年)?\d+月\d+日)?\d+时(?:\d+分)?"
    r"|\d\d:\d\d(?: [A-Z]{2,}(?:[+-][\d:]+)?)?(?: on \d{1,2} [A-Z][a-z]+(?: \d{4})?)?"
)
# One text for several sites (handset/merging.py): in Chinese all that is between brackets.
_YOURS: Final = re.compile(r"each of your \d+ (site|home)s|your (site|home)", re.IGNORECASE)
_BRACKETED: Final = re.compile(r" ?[(（][^()（）]*[)）]")


def differ_in_times_alone(one: str, other: str) -> bool:
    """Whether both say the same, but for instants and for what stands between brackets."""
    return _bare(one) == _bare(other)


def _bare(body: str) -> str:
    return _YOURS.sub("yours", _INSTANT.sub("…", _BRACKETED.sub("", body)))
