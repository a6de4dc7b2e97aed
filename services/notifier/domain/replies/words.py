"""Read the words by which replies are understood, a file per language (../../reply_words). Pure but for reading."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.notifier.domain.replies.spelling import joined, spaced, tokens

HERE: Final = Path(__file__).parents[2] / "reply_words"
Phrase = tuple[str, ...]
_SIGNS: Final = "signs"
_LISTS: Final = ("stop", "start", "help", "confirms", "courtesy", "says-off", "says-on")
_PATTERNS: Final = ("stop", "start", "says-off", "says-on", "perhaps-off", "asks")


@dataclass(frozen=True, slots=True)
class WordFinder:
    """Regular expressions of one language; `spaces`: it parts its words."""

    spaces: bool
    pattern: re.Pattern[str]

    def start(self, words: Sequence[str]) -> int | None:
        """At which token, counted from 0, the first match begins; None where there is none."""
        text = spaced(words) if self.spaces else joined(words)
        found = self.pattern.search(text)
        if found is None:
            return None
        at = found.start()
        write = spaced if self.spaces else joined
        return next(n for n in range(len(words)) if len(write(words[: n + 1])) > at)


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """Words of all languages. `lists`: whole texts, by meaning; `finders`: what is found anywhere, by meaning."""

    lists: Mapping[str, frozenset[Phrase]]
    finders: Mapping[str, Sequence[WordFinder]]
    others: Mapping[str, str]
    signs: Mapping[str, str] = field(default_factory=dict)

    def tokens(self, body: str) -> tuple[str, ...]:
        """A text in the form in which it is compared."""
        return tokens(body, others=self.others, signs=self.signs)

    def found(self, meaning: str, words: Sequence[str]) -> int | None:
        """Where a text first says this, in whichever language; None where it does not."""
        starts = [one.start(words) for one in self.finders.get(meaning, ())]
        return min((at for at in starts if at is not None), default=None)

    def is_made_of(self, meaning: str, words: Sequence[str], *besides: str) -> bool:
        """Whether a text consists of phrases of this meaning, one at least, and of those of `besides`."""
        meant, more = self.lists[meaning], frozenset[Phrase]().union(*(self.lists[name] for name in besides))
        # By how many tokens are read: whether the rest can be read so, with a phrase that is meant, or without.
        reached = {(0, False)}
        for at in range(len(words)):
            for has in (False, True):
                if (at, has) in reached:
                    reached |= {(at + len(one), True) for one in meant if _begins(words, at, one)}
                    reached |= {(at + len(one), has) for one in more if _begins(words, at, one)}
        return (len(words), True) in reached


def _begins(words: Sequence[str], at: int, phrase: Phrase) -> bool:
    return tuple(words[at : at + len(phrase)]) == phrase


@cache
def reply_words(folder: Path = HERE) -> ReplyWords:
    """The words of every language there is.

    Raises:
        ValueError: a file lacks a table, or a list holds what no text can be; the message names it.

    """
    files = {path: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}
    others: dict[str, str] = {}
    signs: dict[str, str] = {}
    for path, data in files.items():
        known = data["traditional"]
        if len(known["from"]) != len(known["to"]):
            raise ValueError(f"{path.name}: [traditional] has {len(known['from'])} characters for {len(known['to'])}")
        others |= dict(zip(known["from"], known["to"], strict=True))
        signs |= dict.fromkeys(data[_SIGNS]["confirms"], "ok")
    lists: dict[str, frozenset[Phrase]] = {
        name: frozenset(_phrase(path, name, said, others) for path, data in files.items() for said in data[name]["is"])
        for name in _LISTS
    }
    lists["start-if-stopped"] = frozenset(
        _phrase(path, "start", said, others)
        for path, data in files.items()
        for said in data["start"].get("if_stopped", ())
    )
    finders = {name: [one for data in files.values() for one in _finders(data, name, "has")] for name in _PATTERNS}
    finders["off-again"] = [one for data in files.values() for one in _finders(data, "says-off", "again")]
    finders["speaks-of-plans"] = [one for data in files.values() for one in _finders(data, "perhaps-off", "unless")]
    return ReplyWords(lists, finders, others, signs)


def _phrase(path: Path, name: str, said: str, others: Mapping[str, str]) -> Phrase:
    found = tokens(said, others=others, signs={})
    if not found:
        raise ValueError(f"{path.name}: [{name}] holds {said!r}, in which there is no word")
    return found


def _finders(data: Mapping[str, Any], name: str, key: str) -> Iterable[WordFinder]:
    given = data[name].get(key, ())
    patterns = [given] if isinstance(given, str) else list(given)
    if patterns:
        yield WordFinder(bool(data["spaces"]), re.compile("|".join(f"(?:{one})" for one in patterns)))
