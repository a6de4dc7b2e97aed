"""Bring a text that somebody typed on a telephone into one form: full width, marks, emoji and spaces away. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN: Final = re.compile(rf"[a-z0-9]+|[{_HAN}]")
_LATIN: Final = re.compile(r"[a-z0-9]+")
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’‘ʼ＇`´"))
QUOTED_LEAST: Final = 20
"""What is quoted at this length is a text of ours, which a reaction or an answer repeats; nobody says it anew."""
_QUOTED: Final = re.compile(rf"[“\"「『«][^”\"」』»]{{{QUOTED_LEAST},}}[”\"」』»]?|^>.*$", re.MULTILINE)
# Kept: letters, digits and signs; gone without a trace: marks upon letters, invisible ones, the frame of a keycap.
_TRACELESS: Final = frozenset({"Mn", "Me", "Cf", "Cs"})


def tokens(body: str, *, others: Mapping[str, str], signs: Mapping[str, str]) -> tuple[str, ...]:
    """Words of letters and digits in lower case, and single Chinese characters, in their order; quotations are left out.

    `others`: characters that stand for others (traditional for simplified); `signs`: emoji that stand for a word.

    >>> tokens("１ ＯＫ, 沒有電!", others={"沒": "没", "電": "电"}, signs={})
    ('1', 'ok', '没', '有', '电')
    """
    # The reader of full width needs no marks that only look alike: quotes are looked for in what was typed and in that.
    text = _QUOTED.sub(" ", unicodedata.normalize("NFKC", _QUOTED.sub(" ", body))).translate(_APOSTROPHES)
    return tuple(_TOKEN.findall("".join(_plain(sign, others, signs) for sign in text)))


def _plain(sign: str, others: Mapping[str, str], signs: Mapping[str, str]) -> str:
    if sign in signs:
        return f" {signs[sign]} "
    kind = unicodedata.category(sign)
    if kind in _TRACELESS:
        return ""
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    lower = sign.lower()
    return others.get(lower, lower) if kind[0] == "L" or kind in ("Nl", "No") else " "


def spaced(words: Sequence[str]) -> str:
    """Tokens with a space between each two: as languages that part their words are looked through."""
    return " ".join(words)


def joined(words: Sequence[str]) -> str:
    """Tokens as Chinese is written: a space between two words of letters only."""
    text = ""
    for word in words:
        text += f" {word}" if text and _LATIN.fullmatch(text[-1]) and _LATIN.fullmatch(word) else word
    return text
