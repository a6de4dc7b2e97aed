"""Characters that nobody sees or that differ only by kind. Pure data.

Sources: ECMA-48 5.4 (control sequences); Unicode Character Database, DerivedCoreProperties.txt, Default_Ignorable_Code_Point.
"""

import re
from collections.abc import Iterable
from typing import Final

_HIDDEN_RANGES: Final = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
HIDDEN: Final = frozenset(code for first, last in _HIDDEN_RANGES for code in range(first, last + 1))
"""Code points that show nothing wherever they stand: joiners, marks of direction, variation selectors, fillers, tags."""

BLANKS: Final = "\u2800"
"""Look like a space and count as none."""

QUOTES: Final = (
    "\"'`\u00b4\u02b9\u02ba\u02bb\u02bc\u02bd\u02ca\u02cb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033\u2034\u2035\u2036\u2037"
    "\u00ab\u00bb\u2039\u203a\u275b\u275c\u275d\u275e\u300c\u300d\u300e\u300f\u301d\u301e\u301f\ufe41\ufe42\ufe43\ufe44\uff02\uff07\uff40\uff62\uff63"
)
"""All kinds of quotes and apostrophes, single and double, Chinese corner brackets with them."""

ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
"""What steers a terminal: colours, the cursor, its title."""


def character_class(codes: Iterable[int]) -> str:
    """A regular expression for one character of these code points."""
    spans: list[list[int]] = []
    for code in sorted(codes):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans) + "]"
