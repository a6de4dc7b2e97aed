"""Read the words of the pages, a TOML file a language: every language has the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

FOLDER: Final = Path(__file__).parent / "words"


class PageWords:
    """The words of one language. Called with `table.key` and what stands in its braces."""

    def __init__(self, language: str, tables: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._tables = tables

    def __call__(self, name: str, /, **values: object) -> str:
        """What stands under `name`, filled in.

        Raises:
            KeyError: nothing does, or it asks for a value that is not given.

        """
        table, _, key = name.partition(".")
        text = self._tables[table][key]
        if any(isinstance(value, Markup) for value in values.values()):
            return escape(text).format(**values)  # what is marked up already stays so
        return text.format(**values)

    def known(self, table: str, key: str) -> str:
        """The word for what others call `key`; that itself where there is none."""
        return self._tables[table].get(key, key)

    def names(self) -> Iterator[str]:
        """Every `table.key` there is."""
        return (f"{table}.{key}" for table, words in self._tables.items() for key in words)


@cache
def words_of(language: str) -> PageWords:
    """The words of a language of the board."""
    return PageWords(language, tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
