r"""Replace phone numbers in whatever a stranger can write, before it is kept, logged, shown or published.

What is a number: one with a country's code (+, 00, %2B, tel:), a Chinese mobile or landline, a British national number, a
North American one in its groups, any long one behind "tel", 电话, 拨 and the like; however it is spaced, dotted, bracketed,
in full width, digit by digit, escaped (\u0031, %31, &#49;), in Chinese numerals, or with invisible marks between.
What is none: instants and dates, UUIDs, addresses of hosts, decimals, digits that are part of a word of letters, short
codes such as 95598, and runs that are named as ours (offset 13800138000, outage/13800138000).
"""

import re
import unicodedata
from typing import Final

MASK: Final = "[phone]"

# Between digits people put what they like; a colon is left out, for it stands in times of day.
_GAP: Final = r"[ ().-]{0,3}"
_PLUS: Final = r"(?:\+|%2[Bb]|\\u002[Bb])"

_NOT_NUMBERS: Final = re.compile(
    # instants, dates and times of day
    r"(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d(?::?\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
    r"|(?<!\d)\d{8}T\d{4,6}(?:Z|[+-]\d\d:?\d\d)?(?!\d)"
    r"|(?<!\d)\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?!\d)"
    # UUIDs
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])"
    # addresses of hosts, and versions of three parts and more
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\d.])"
    # what we call by name is no number of a person's
    r"|(?i:\b(?:offset|position|version|partition|seq|mrid|stream)\b)[^\w+]{0,3}\d+(?:\.\d+)?(?![\d-])"
    r"|\b(?:outage|customer|fanout|notice)/\d+(?![\d-])"
    # decimals
    r"|(?<![\d.+])(?:0|[1-9]\d{0,9})\.\d{5,}(?![\d.])"
)
# Latin letters before digits make a name of ours, but for what people put before a number, and for what a URL escapes.
_LED: Final = r"(?i:(?<![a-z0-9])(?:tel|phone|mobile|mob|cell|fax|sms|wechat|wx|qq)[_:=-]?|%[0-7][0-9a-f])"
_BETWEEN: Final = r"[ ./_*·-]{1,3}"  # digit by digit, the same between all of them; a list of figures has commas
_CHINESE: Final = "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_SIGNED: Final = re.compile(rf"{_PLUS}{_GAP}[1-9](?:{_GAP}\d){{6,14}}(?!\d)")
_NUMBERS: Final = re.compile(
    rf"{_SIGNED.pattern}"
    rf"|(?:(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]-)(?<!\d\.)|{_LED})(?:"
    rf"00[1-9](?:{_GAP}\d){{7,13}}"  # 0086 …, 0044 …
    rf"|(?:86{_GAP})?1[3-9]\d(?:[ -]{{0,2}}\d){{8}}"  # a Chinese mobile
    r"|(?:86[ .-]?)?1[3-9]\d[._/*·•・]\d{4}[._/*·•・]\d{4}"
    rf"|(?:8{_BETWEEN}6{_BETWEEN})?1(?P<mobile>{_BETWEEN})[3-9](?:(?P=mobile)\d){{9}}(?!(?P=mobile)\d)"
    rf"|0(?P<landline>{_BETWEEN})[1-9](?:(?P=landline)\d){{8,10}}(?!(?P=landline)\d)"
    rf"|\(?0[1-9]\d{{0,2}}{_GAP}\d(?:{_GAP}\d){{6,9}}"  # an area code and a number: 021-6234 5678, 020 7946 0958
    r"|\(0\d{2,3}\) ?\d{3,4}[ -]?\d{4}"
    r"|(?:1[ .-])?\(?[2-9]\d{2}\)?[ .-]{1,2}[2-9]\d{2}[ .-]\d{4}"  # North America, in its groups
    r")(?![A-Za-z0-9_])(?!-\d*[A-Za-z])(?!\.\d)"
    # whatever is long enough, where it is said to be one
    rf"|(?:(?i:(?<![a-z0-9])(?:tel|phone|mobile|mob|cell|fax))|电话|手机|座机|固话|致电|来电|请[拨打]|拨打?|回电)[\"':： =]{{0,4}}"
    rf"(?P<said>\d(?:{_GAP}\d){{6,14}})(?![\dA-Za-z])"
    rf"|(?<![{_CHINESE}])[一幺壹](?:{_GAP}[{_CHINESE}]){{10}}(?![{_CHINESE}])"
)
_LONG: Final = re.compile(rf"\+?\d(?:[\s()*.\-/_·•‧・]*\d){{6,}}|[{_CHINESE}](?:[\s()*.\-/_·•‧・]*[{_CHINESE}]){{6,}}")
_DATE: Final = re.compile(r"(?<![\d+.-])(?<!\d )20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])(?! ?\d{3})")
_ESCAPED: Final = re.compile(
    r"(?:\\u00(?:3\d|2[0bBdD])|%(?:3\d|2[0bBdD])|&#(?:3[2-9]|4[0-9]|5[0-7]|x3\d|x2[bd]);){3,}|(?:\\u002[bB]|%2[bB])(?=\d)"
)
_ESCAPE: Final = re.compile(r"\\u00(..)|%(..)|&#x(..);|&#(..);")
_INVISIBLE: Final = frozenset({"Cf", "Mn"})


def mask(text: str) -> str:
    """`text` with each phone number replaced by `[phone]`; the rest as it was written.

    >>> mask("call +44 7700 900123 or 电话138-0013-8000, offset 13800138000")
    'call [phone] or 电话[phone], offset 13800138000'
    """
    plain, places = _plain(text)
    return _replaced(text, _NUMBERS, _without(_NOT_NUMBERS, plain), places)


def mask_all(text: str) -> str:
    """`text` with every run of seven digits or more replaced, but for dates: for words in which no figure of ours stands.

    >>> mask_all("2026-11-28停电，请打62345678")
    '2026-11-28停电，请打[phone]'
    """
    plain, places = _plain(text)
    return _replaced(text, _LONG, _without(_DATE, plain), places)


def mask_signed(text: str) -> str:
    """`text` without numbers that carry a country's code: for names of ours, in which a bare run of digits is an id."""
    return _replaced(text, _SIGNED, *_plain(text))


def _without(pattern: re.Pattern[str], plain: str) -> str:
    """`plain` with a letter that no pattern of a number contains for each character found, so that nothing joins across."""
    return pattern.sub(lambda found: "x" * len(found[0]), plain)


Span = tuple[int, int]
"""Where a character of the plain form begins and ends in the text as it was written."""


def _replaced(text: str, pattern: re.Pattern[str], plain: str, places: list[Span]) -> str:
    done: list[str] = []
    at = 0
    for found in pattern.finditer(plain):
        start, end = found.span("said") if found.re.groupindex.get("said") and found["said"] else found.span()
        done += [text[at : places[start][0]], MASK]
        at = places[end - 1][1]
    return "".join([*done, text[at:]])


def _plain(text: str) -> tuple[str, list[Span]]:
    """`text` with every digit, sign and space in its plain form and invisible marks left out, and where each came from."""
    kept: list[str] = []
    places: list[Span] = []
    at = 0
    for run in _ESCAPED.finditer(text):
        _add(text, at, run.start(), kept, places)
        for one in _ESCAPE.finditer(text, run.start(), run.end()):
            code = int(one[4]) if one[4] else int(one[1] or one[2] or one[3], 16)
            kept.append(chr(code))
            places.append(one.span())
        at = run.end()
    _add(text, at, len(text), kept, places)
    return "".join(kept), places


def _add(text: str, start: int, end: int, kept: list[str], places: list[Span]) -> None:
    for index in range(start, end):
        character = text[index]
        # Bytes of UTF-16 read as text have a NUL beside each digit.
        if unicodedata.category(character) not in _INVISIBLE and character != "\0":
            kept.append(
                character if character.isascii() and character != "\t" else _PLAIN.get(character) or _one(character)
            )
            places.append((index, index + 1))


_PLAIN: Final = {**dict.fromkeys("‐‑‒–—―−－﹣", "-"), "（": "(", "）": ")", "＋": "+", "﹢": "+", "．": "."}


def _one(character: str) -> str:
    if character.isspace():
        return " "
    digit = unicodedata.digit(character, None)
    if digit is not None and unicodedata.category(character) == "Nd":
        return str(digit)
    return character
