"""Tell when two names mean one place: the one normal form by which all services compare.

Two people who copy one name from one diagram may differ in width, case, spaces, in characters that nobody can see, in
kinds of brackets, dashes, quotes and dots, in numerals that are one character (Ⅱ, ②), and in how they write kilovolts.
None of that makes another place. Everything else does: Ⅱ is II but never 2, 二 is no 2, 东 is no 東, 1# is no #1. Where a
join would make one number of two ("1 2", "1②", "ⅠⅡ") they stay apart, because 12 is another line. A stop or comma at the
end belongs to the sentence that a name was copied from.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Final
from unicodedata import category, normalize

from services.places.characters import BLANKS, ESCAPES, HIDDEN, QUOTES
from services.places.many import LEAST, STOPS, FormRules, Forms, listed

RULES: Final = 2
FORM: Final = f"{RULES}/{unicodedata.unidata_version}"
"""Which normal form this is: whoever stores normal names stores this beside them, and makes them again when it differs."""

_DASHES: Final = "\u2212\u2500\u2501\u00ac\u02d7\u2043"
_WAVES: Final = "\u301c\u3030\uff5e\u223c\u02dc\u223d"
_DOTS: Final = "\u00b7\u30fb\u2022\u2027\uff65\u0387\u22c5\u2219\u25cf\u26ab"
_COMMAS: Final = "\u3001\ufe51\uff64"
# The basic plane without ideographs, Hangul and private use, which are all letters.
_RANGES: Final = range(0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0xE000), range(0xF900, 0x10000)
_CACHED: Final = 8192  # names; at 200 characters each, some 10 MB at the worst


@cache
def _kinds() -> dict[int, str | None]:
    """Each character that is another's kind, and which one stands for it. Made at its first use: not every process compares."""
    table: dict[int, str | None] = {}
    for code in chain.from_iterable(_RANGES):
        character = chr(code)
        match category(character):
            case "Cc" | "Zs" | "Zl" | "Zp":
                table[code] = " " if character.isspace() else None
            case "Cf" | "Cs":
                table[code] = None
            case "Pd":
                table[code] = "-"
            case "Ps":
                table[code] = "("
            case "Pe":
                table[code] = ")"
            case "Pi" | "Pf":
                table[code] = "'"
            case "Nd":
                table[code] = str(unicodedata.decimal(character))
            case "No" | "Nl" if (plain := normalize("NFKC", character)) != character:
                # A number in one character is a number of its own: 1② is not 12.
                table[code] = f" {plain} "
            case _:
                pass
    table |= dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _WAVES), "~")
    table |= dict.fromkeys(map(ord, _DOTS), "·") | dict.fromkeys(map(ord, _COMMAS), ",")
    table |= dict.fromkeys(map(ord, "<＜﹤"), "(") | dict.fromkeys(map(ord, ">＞﹥"), ")")
    table |= dict.fromkeys(map(ord, QUOTES), "'") | dict.fromkeys(map(ord, BLANKS), " ")
    return table | dict.fromkeys(HIDDEN, None)


_KILO: Final = (re.compile(r"(?<=[0-9])千伏安"), "kva"), (re.compile(r"(?<=[0-9])千伏"), "kv")
_DASH_RUN: Final = re.compile("-{2,}")
_LETTERS_BEFORE: Final = re.compile(r"[a-z]+$")
_LETTERS_AFTER: Final = re.compile(r"[a-z]+")
_ROMAN: Final = re.compile(r"[ivx]+")


@lru_cache(maxsize=_CACHED)
def normal(name: str) -> str:
    """`name` as it is compared; "" for one that shows nothing. The normal form of a normal form is itself."""
    while True:
        # One step may make way for another (a letter and its mark that a space kept apart), so once is not enough.
        plainer = _plainer(name)
        if plainer == name:
            return name
        name = plainer


def _plainer(name: str) -> str:
    name = ESCAPES.sub("", name).translate(_kinds())
    name = normalize("NFKC", normalize("NFKC", name).casefold()).translate(_kinds())
    name = _DASH_RUN.sub("-", _joined(name.split()))
    for written, unit in _KILO:
        name = written.sub(unit, name)
    return name.rstrip(STOPS)


def _joined(words: list[str]) -> str:
    """Without spaces, but for those between two numbers."""
    if not words:
        return ""
    found = [words[0]]
    for last, word in pairwise(words):
        if _are_numbers(last, word):
            found.append(" ")
        found.append(word)
    return "".join(found)


def _are_numbers(last: str, word: str) -> bool:
    """Whether `last` ends and `word` begins with a number, both Arabic or both Roman."""
    if last[-1].isdecimal() and word[0].isdecimal():
        return True
    before, after = _LETTERS_BEFORE.search(last), _LETTERS_AFTER.match(word)
    return bool(before and after and _ROMAN.fullmatch(before[0]) and _ROMAN.fullmatch(after[0]))


MAKE: Final = FormRules(normal, _joined, _kinds, _KILO).forms
"""The forms of many names, however long it takes."""
_FORMS = Forms(MAKE)


def forms(names: Iterable[str]) -> tuple[str, ...]:
    """The normal form of each of `names`, in their order."""
    given = listed(names)
    return tuple(map(normal, given)) if len(given) < LEAST else _FORMS.of(given).forms


def normals(names: Iterable[str]) -> frozenset[str]:
    """The places that `names` mean, in normal form; a name that shows nothing means none."""
    given = listed(names)
    return frozenset(map(normal, given)) - {""} if len(given) < LEAST else _FORMS.of(given).places


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """`names` as they were written, one for each place (the first), in their order."""
    given = listed(names)
    return first_of_each(zip(forms(given), given, strict=True))


def first_of_each(written: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Of (normal form, name) the first name of each place, in their order."""
    found: dict[str, str] = {}
    for place, name in written:
        if place:
            found.setdefault(place, name)
    kept = tuple(found.values())
    _FORMS.note(kept, tuple(found))
    return kept


def chosen(names: Iterable[str], keep: Callable[[str], bool]) -> tuple[str, ...]:
    """Those of `names`, as they were written, of whose normal form `keep` says so; blank ones are dropped."""
    given = listed(names)
    found = [(place, name) for place, name in zip(forms(given), given, strict=True) if place and keep(place)]
    if len(found) == len(given):
        return given
    kept = tuple([name for _, name in found])
    _FORMS.note(kept, tuple([place for place, _ in found]))
    return kept


def note(names: tuple[str, ...], places: Callable[[], Mapping[str, str]]) -> tuple[str, ...]:
    """`names`, whose normal forms are known to whoever asks: `places` gives them by name, if they are not remembered."""
    if len(names) >= LEAST and not _FORMS.knows(names):
        found = places()
        _FORMS.note(names, tuple([found[name] for name in names]))
    return names


def prepared(names: tuple[str, ...]) -> Iterator[None]:
    """Find the normal forms of many names in small steps, one for each step of the iterator, and remember them."""
    return _FORMS.prepared(names)


def made() -> int:
    """How many names of long lists were given a form since the start of the process, for tests and benches."""
    return _FORMS.made
