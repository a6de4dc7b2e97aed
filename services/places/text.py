"""Make text that others wrote safe to repeat: in a text message, in a notice, on a terminal. Pure.

What came is kept as it came; it is cleaned where it is taken into a registry or put into words.
"""

import re
from functools import cache
from typing import Final
from unicodedata import category

from services.places.characters import BLANKS, ESCAPES, HIDDEN, character_class

_UNSEEN: Final = re.compile(character_class({*HIDDEN, *map(ord, BLANKS)}))

_REPLACED: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‵ʹʻʼʽ＇`´", "'"),
        **dict.fromkeys("“”„‟″‶〝〞〟«»＂", '"'),
        **dict.fromkeys("‹›", "'"),
        **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
        **dict.fromkeys("•·‧∙⋅", "-"),
        "…": "...",
        "，": ",",
        "；": ";",
        "：": ":",
        "（": "(",
        "）": ")",
        "＃": "#",
        "／": "/",
        "＋": "+",
        "×": "x",
        "№": "No.",
    }
)
# Any scheme, www., or a bare host under a top-level domain that texts are known to carry; up to the next blank, Chinese
# character or full-width mark.
_REST: Final = r"[^\s\u2e80-\ufaff\uff00-\uffef<>\"']*"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_TOP: Final = (
    "(?:com|cn|net|org|gov|edu|info|biz|io|me|ly|gl|gd|co|cc|tv|top|xyz|vip|club|shop|site|online|link|app"
    "|uk|hk|tw|us|eu|ru|de|fr)"
)


@cache
def _address() -> re.Pattern[str]:
    """See above. Made at its first use: it takes longer than all else here, and most processes write no text."""
    return re.compile(
        rf"(?:[a-z][a-z0-9+.-]*://{_REST}|(?<![a-z0-9])www\.{_REST}"
        rf"|(?<![a-z0-9@.-])(?:{_LABEL}\.)+{_TOP}(?![a-z0-9-])[:/?#]{_REST}"
        # An initial before a short word ("S.Co") is a name as well, so without a path a host needs more than one letter.
        rf"|(?<![a-z0-9@.-])(?=[a-z0-9-]{{2}})(?:{_LABEL}\.)+{_TOP}(?![a-z0-9-]))",
        re.IGNORECASE | re.ASCII,
    )


_WIDE_ADDRESS: Final = str.maketrans({chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})


def cleaned(text: str) -> str:
    """`text` on one line, of characters that show: breaks and all spaces as one space, control, escape and bidi gone.

    The same for text that is clean; what it shows is not changed otherwise (compare by `names.normal`).
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return " ".join(text.split())  # nearly all text: then nobody looks at it letter by letter
    return " ".join("".join(map(_seen, ESCAPES.sub("", text))).split())


def _seen(character: str) -> str:
    if character.isprintable() and ord(character) not in HIDDEN and character not in BLANKS:
        return character
    # isspace() knows line and paragraph separators, vertical tabs and U+0085, too.
    return " " if character.isspace() or character in BLANKS else "" if _is_silent(character) else character


def _is_silent(character: str) -> bool:
    """Control, format and unpaired characters, and what is hidden by definition; private ones may be rare names."""
    return ord(character) in HIDDEN or category(character) in {"Cc", "Cf", "Cs"}


def escaped(text: str) -> str:
    r"""`text` for a terminal: what moves the cursor, turns direction or hides is shown as \\u202e, not done."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == " " or (character.isprintable() and ord(character) not in HIDDEN and character not in BLANKS):
        return character
    code = ord(character)
    if category(character) in {"Co", "Cn"} or (category(character) == "Zs" and character not in BLANKS):
        return character
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def gsm_friendly(text: str) -> str:
    """`text` with typographic marks as the GSM-7 alphabet has them: ’ as ', “ as ", – as -, … as three stops.

    For languages whose texts are GSM-7: one such mark would turn the whole text into UCS-2 and double its cost.
    """
    return text.translate(_REPLACED)


def without_addresses(text: str) -> str:
    """`text` without URLs and bare host names, full width or not: carriers of +86 block a text that holds one."""
    # Full-width forms are one character each, so that places are the same in both.
    narrow = text.translate(_WIDE_ADDRESS)
    if "." not in narrow and "://" not in narrow:
        return text  # each has one of them, and most text neither
    found = [match.span() for match in _address().finditer(narrow)]
    for start, end in reversed(found):
        text = f"{text[:start]} {text[end:]}"
    return " ".join(text.split()) if found else text
