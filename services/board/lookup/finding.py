"""Find what holds a place or a usage point. What is not found is said to be unknown, never to have power."""

from __future__ import annotations

from itertools import islice
from typing import Final, Literal, NamedTuple

from services.board.domain.points import point_digest
from services.board.lookup.index import LookupIndex
from services.places.names import normal
from services.places.text import cleaned

MOST_SHOWN: Final = 10
MOST_ASKED: Final = 60
"""Characters of a question that are read; also of its echo."""

SHORTEST_NAME: Final = 2
"""Characters by which a name is taken for a part of what was asked: 中山路 in 中山路12号."""

SHORTEST_NUMBER: Final = 6
"""Digits from which on a question that is no known name is taken for a usage point's number."""

Verdict = Literal["found", "alike", "nothing", "unclear"]


class Found(NamedTuple):
    """What a question found."""

    verdict: Verdict
    asked: str = ""
    """As it is repeated; of a usage point nothing."""

    things: tuple[str, ...] = ()
    """mRIDs, at most MOST_SHOWN, those to be shown first first."""

    more: bool = False
    """There are more than these."""

    alike: tuple[str, ...] = ()
    """Names that are like it, as they are written, at most MOST_SHOWN."""


class LookupFinder:
    """Answers from one snapshot's index."""

    def __init__(self, index: LookupIndex) -> None:
        self._index = index
        self._names = index.names.split("\n") if index.names else []
        self._written = index.written.split("\n") if index.names else []
        self._at = {name: number for number, name in enumerate(self._names)}
        self._text = f"\n{index.names}\n"
        self._salt = bytes.fromhex(index.salt)

    def place(self, query: str) -> Found:
        """What holds the place, line or transformer of that name; else names that are like it."""
        asked = cleaned(query[: 4 * MOST_ASKED])
        if len(asked) > MOST_ASKED or not (name := normal(asked)):
            return Found("unclear", asked[:MOST_ASKED])
        number = self._at.get(name)
        if number is not None:
            found = self._index.found[number]
            return Found("found", asked, self._mrids(found), more=len(found) > MOST_SHOWN)
        if len(name) < SHORTEST_NAME or _is_number(name):
            return Found("unclear", asked)
        alike = tuple(self._written[one] for one in islice(self._alike(name), MOST_SHOWN))
        return Found("alike" if alike else "nothing", asked, alike=alike)

    def point(self, number: str) -> Found:
        """What holds the usage point. The same for one that is unknown and one that is not affected."""
        if not self._salt or len(number) > 4 * MOST_ASKED or not normal(number):
            return Found("nothing")
        # People read it off a bill in groups of four, and write it so.
        written = (number, "".join(number.split()))
        found = next(filter(None, map(self._holding, written)), ())
        return Found("found" if found else "nothing", "", self._mrids(found), more=len(found) > MOST_SHOWN)

    def _holding(self, number: str) -> tuple[int, ...]:
        return self._index.points.get(point_digest(number, self._salt).hex(), ())

    def _mrids(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self._index.things[one] for one in numbers[:MOST_SHOWN])

    def _alike(self, name: str) -> dict[int, None]:
        """Names within what was asked, the longest first; names that hold it; names that begin alike. In this order, each once."""
        found: dict[int, None] = {}
        for length in range(len(name) - 1, SHORTEST_NAME - 1, -1):
            for start in range(len(name) - length + 1):
                number = self._at.get(name[start : start + length])
                if number is not None:
                    found[number] = None
        for wanted in (name, f"\n{name[:SHORTEST_NAME]}"):
            at = self._text.find(wanted)
            while at >= 0 and len(found) < MOST_SHOWN:
                found[self._line(at + wanted.startswith("\n"))] = None
                at = self._text.find(wanted, self._text.index("\n", at + 1))
        return found

    def _line(self, at: int) -> int:
        """Which name holds the character at this place of the text."""
        begin = self._text.rindex("\n", 0, at) + 1
        return self._at[self._text[begin : self._text.index("\n", begin)]]


def _is_number(name: str) -> bool:
    """Whether it is a usage point's rather than a place's: nothing is said of it here, there is a form of its own for it."""
    digits = name.replace(" ", "")
    return len(digits) >= SHORTEST_NUMBER and digits.isdecimal()
