"""Give the normal forms of many names at once, and remember them: an extent may name 20,000 places.

Name by name that takes 100 to 200 ms, for each set that is made of them. Here the names are one text in which a mark stands
between them, so that each rule is one pass of the interpreter's own code; and what was found stays for the next who asks.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final
from unicodedata import normalize

from services.places.characters import character_class

MARK: Final = "\x01"
"""Between the names. No rule moves it or looks across it; names that hold one are made one by one."""
ESCAPE: Final = "\x1b"
LEAST: Final = 32
"""Fewer names than this are not worth it."""
REMEMBERED: Final = 8 << 20
"""Bytes of names whose forms are kept: some four events of the largest size, whose names the states mostly hold anyway."""
AT_ONCE: Final = 2_000
"""Names that are given a form in one go where there is time to pause: of the oddest kind 25 ms."""
NAME_BYTES: Final = 64
"""What a name costs beside its characters."""
_MOST_REPLACED: Final = 24  # different characters; beyond, one look-up for each character of the text costs less
STOPS: Final = "。.,;"
"""Of the sentence that a name was copied from, where they stand at its end."""
_AT_END: Final = re.compile(rf"[{STOPS}]+(?={MARK}|\Z)")
_NEAR: Final = re.compile(r"\d +\d|(?<![a-z])[ivx]+ +[ivx]+(?![a-z])")
"""A space between two numbers, both Arabic or both Roman."""

Form = Callable[[str], str]


class FormRules:
    """The rules of services.places.names for one text of many names: the same forms, whatever the names."""

    def __init__(
        self,
        one: Form,
        joined: Callable[[list[str]], str],
        kinds: Callable[[], dict[int, str | None]],
        kilo: Sequence[tuple[re.Pattern[str], str]],
    ) -> None:
        self._one, self._joined, self._all_kinds, self._kilo = one, joined, kinds, kilo

    @cached_property
    def _kinds(self) -> dict[int, str | None]:
        kinds = self._all_kinds()
        return {code: plain for code, plain in kinds.items() if plain != chr(code) and chr(code) != MARK}

    @cached_property
    def _moved(self) -> re.Pattern[str]:
        return re.compile(character_class(self._kinds))

    def forms(self, names: Sequence[str]) -> tuple[str, ...]:
        """The normal form of each of `names`, in their order."""
        text = MARK.join(names)
        if text.count(MARK) != len(names) - 1 or ESCAPE in text:
            return tuple(map(self._one, names))
        while (plainer := self._plainer(text)) != text:
            text = plainer
        # A name that is its own form is kept once.
        return tuple(name if name == form else form for name, form in zip(names, text.split(MARK), strict=True))

    def _plainer(self, text: str) -> str:
        text = self._kind(normalize("NFKC", normalize("NFKC", self._kind(text)).casefold()))
        if " " in text:
            text = self._close(text)
        while "--" in text:
            text = text.replace("--", "-")
        if "千" in text:
            for written, unit in self._kilo:
                text = written.sub(unit, text)
        return _AT_END.sub("", text) if _AT_END.search(text) else text

    def _kind(self, text: str) -> str:
        """Each character as the one that stands for its kind. No rule's outcome is another's beginning, so order is free."""
        if text.isascii():
            return text.translate(self._kinds)
        found = set(self._moved.findall(text))
        if len(found) > _MOST_REPLACED:
            return text.translate(self._kinds)
        for character in found:
            text = text.replace(character, self._kinds[ord(character)] or "")
        return text

    def _close(self, text: str) -> str:
        """Without spaces, but for those between two numbers, for which a name is looked at by itself."""
        if not _NEAR.search(text):
            return text.replace(" ", "")
        return MARK.join(
            self._joined(name.split()) if _NEAR.search(name) else name.replace(" ", "") for name in text.split(MARK)
        )


class Forms:
    """The forms of lists of names, remembered by the list: the one asked for longest ago goes first."""

    def __init__(self, make: Callable[[Sequence[str]], tuple[str, ...]], limit: int = REMEMBERED) -> None:
        self._make, self._limit = make, limit
        self._known: OrderedDict[tuple[str, ...], NormalForms] = OrderedDict()
        self._held = 0
        self.made = 0
        """How many names were given a form, for tests and benches."""

    def of(self, names: tuple[str, ...]) -> "NormalForms":
        """The forms of `names`."""
        known = self._known.get(names)
        if known is None:
            self.made += len(names)
            return self.note(names, self._make(names))
        self._known.move_to_end(names)
        return known

    def knows(self, names: tuple[str, ...]) -> bool:
        """Whether the forms of `names` are remembered."""
        return names in self._known

    def note(self, names: tuple[str, ...], forms: tuple[str, ...]) -> "NormalForms":
        """Remember the forms of `names`, which somebody has found."""
        if len(names) < LEAST:
            return NormalForms(forms, 0)
        if (before := self._known.pop(names, None)) is not None:
            self._held -= before.weight
        known = self._known[names] = NormalForms(forms, sum(map(len, names)) + NAME_BYTES * len(names))
        self._held += known.weight
        while self._held > self._limit and len(self._known) > 1:
            self._held -= self._known.popitem(last=False)[1].weight
        return known

    def prepared(self, names: tuple[str, ...]) -> Iterator[None]:
        """Find the forms of `names`, AT_ONCE between two steps of the iterator: whoever asks afterwards has them at once."""
        if len(names) <= AT_ONCE or names in self._known:
            return
        found: list[str] = []
        for start in range(0, len(names), AT_ONCE):
            found += self._make(names[start : start + AT_ONCE])
            yield
        self.made += len(names)
        self.note(names, tuple(found))


class NormalForms:
    """Forms by their order, and as a set once somebody asks."""

    __slots__ = ("_places", "forms", "weight")

    def __init__(self, forms: tuple[str, ...], weight: int) -> None:
        self.forms, self.weight = forms, weight
        self._places: frozenset[str] | None = None

    @property
    def places(self) -> frozenset[str]:
        """The places they mean; a name that shows nothing means none."""
        if self._places is None:
            self._places = frozenset(self.forms) - {""}
        return self._places


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """`names` as a tuple; the same one where it is one."""
    return names if isinstance(names, tuple) else tuple(names)
