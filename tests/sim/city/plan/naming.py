"""Write names of parts of a story as one short word, and read it: a1,a3-5,o2."""

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Final

NUMBERED: Final = re.compile(r"([a-z])(\d+)(?:-(\d+))?")


def parse(text: str) -> list[str]:
    """`a1,a3-5,storm` as ["a1", "a3", "a4", "a5", "storm"]."""
    found = []
    for word in filter(None, text.split(",")):
        match = NUMBERED.fullmatch(word)
        if match is None:
            found.append(word)
        else:
            kind, first, last = match.groups()
            found += [f"{kind}{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def spelt(names: Collection[str]) -> str:
    """The same the other way, in order of kind and number."""
    numbered = [(match[1], int(match[2])) for match in map(NUMBERED.fullmatch, names) if match]
    words = sorted(name for name in names if NUMBERED.fullmatch(name) is None)
    return ",".join([*words, *_runs(sorted(numbered))])


def _runs(numbered: list[tuple[str, int]]) -> Iterator[str]:
    for (kind, _), run in groupby(enumerate(numbered), lambda one: (one[1][0], one[1][1] - one[0])):
        numbers = [number for _, (_, number) in run]
        yield f"{kind}{numbers[0]}" + (f"-{numbers[-1]}" if len(numbers) > 1 else "")
