"""The words of the pages: every language says the same things, and every word is used."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from services.board.pages.words import FOLDER, words_of
from services.board.utility import HEADINGS, LANGUAGES

PAGES = FOLDER.parent
CALLED_FOR = ("status", "kind", "notice", "unit", "figure", "off", "missing", "how", "because")
"""Tables whose keys are put together in the code from what outages and notices say."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same_things_with_the_same_values(language: str) -> None:
    first, other = words_of(LANGUAGES[0]), words_of(language)
    assert sorted(first.names()) == sorted(other.names())
    blank = {name: f"{{{name}}}" for key in first.names() for name in fields(raw(LANGUAGES[0], key))}
    for key in first.names():
        assert fields(first(key, **blank)) == fields(other(key, **blank)), key


def raw(language: str, key: str) -> str:
    """The text as it stands in the file."""
    table, _, name = key.partition(".")
    text = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))[table][name]
    assert isinstance(text, str)
    return text


def test_every_word_is_used() -> None:
    sources = [*PAGES.glob("*.py"), *(PAGES / "templates").glob("*.jinja")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    called = {f"frame.{heading}" for heading in HEADINGS}
    unused = [
        key
        for key in sorted({*words_of("en").names()} - called)
        if key.partition(".")[0] not in CALLED_FOR
        and f'"{key}"' not in text
        and not re.search(rf'["(]{re.escape(key.partition(".")[2])}["_,)]', text)
    ]
    assert unused == []


def test_the_words_lie_beside_the_templates() -> None:
    assert {path.stem for path in Path(FOLDER).glob("*.toml")} == set(LANGUAGES)
