"""Count the SMS segments of a text: GSM-7 where every character has a place in it, else UCS-2.

Source: 3GPP TS 23.038 §6.2.1 (alphabet and extension table), 3GPP TS 23.040 §9.2.3.24.1 (a concatenation header takes
6 octets).
"""

from dataclasses import dataclass
from typing import Literal

_GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM7 = _GSM7_BASIC | _GSM7_EXTENDED

GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


@dataclass(frozen=True, slots=True)
class Segments:
    """`units`: septets or UTF-16 code units; `count`: SMS parts."""

    encoding: Literal["gsm-7", "ucs-2"]
    units: int
    count: int


def clean(text: str) -> str:
    """`text` without lone surrogates (they have no UTF-8 and no provider takes them); nothing else is replaced."""
    return text.encode(errors="ignore").decode()


def segments(text: str) -> Segments:
    """What `text` costs, lone surrogates stripped. A pair (emoji) or an escaped character is not split over parts."""
    text = clean(text)
    if _GSM7.issuperset(text):
        widths = [2 if character in _GSM7_EXTENDED else 1 for character in text]
        return Segments("gsm-7", sum(widths), _parts(widths, GSM7_SINGLE, GSM7_PART))
    widths = [2 if character > "\uffff" else 1 for character in text]
    return Segments("ucs-2", sum(widths), _parts(widths, UCS2_SINGLE, UCS2_PART))


def _parts(widths: list[int], single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1 if widths else 0
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count
