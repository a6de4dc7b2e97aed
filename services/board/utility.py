"""Read the utility's own words on the board: its name, its telephone line, its links, from a TOML file.

name = { zh-CN = "东江供电公司", en = "Dongjiang Power" }
hotline = "95598"
public_url = "https://outages.example.com"
[links]                                  # the four headings beside 停电通知 (第7篇 5.2.8)
tariffs = "https://www.example.com/tariffs"
business = "https://www.example.com/business"
knowledge = "https://www.example.com/knowledge"
policies = "https://www.example.com/policies"
[colours]
accent = "#0b5a8a"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

LANGUAGES: Final = ("zh-CN", "en")
"""Of every page; the first has no prefix in its path."""

HEADINGS: Final = ("tariffs", "business", "knowledge", "policies")
"""电费电价、业务流程、日常用电常识、电力政策法规: what the utility's pages must lead to beside the notices."""

Url = Annotated[str, Meta(pattern=r"^https?://[^\s\"<>]+$", max_length=300)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
DARKEST_CONTRAST: Final = 4.5
"""WCAG 1.4.3: the least between a colour of text and white."""


class UtilityError(ValueError):
    """The file is wrong; the message names it, what is wrong there, and what to write."""


class Links(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the four other headings lead."""

    tariffs: Url
    business: Url
    knowledge: Url
    policies: Url


class Colours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The utility's own."""

    accent: Colour = "#0b5a8a"
    """Of links and buttons, on white."""


class Utility(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who speaks on the board."""

    name: Mapping[str, Annotated[str, Meta(min_length=1, max_length=60)]]
    hotline: Annotated[str, Meta(pattern=r"^[0-9 +-]{3,20}$")] = "95598"
    public_url: Url
    """Where people read the board; without a path."""

    links: Links
    colours: Colours = field(default_factory=Colours)

    def named(self, language: str) -> str:
        """Its name in a language of the board."""
        return self.name[language]

    def at(self, path: str) -> str:
        """The whole address of a page."""
        return self.public_url.rstrip("/") + path


def read_utility(path: Path) -> Utility:
    """The utility of a file.

    Raises:
        UtilityError: it cannot be read, or says something else than it must.

    """
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Utility)
    except OSError as error:
        raise UtilityError(f"{path}: {error.strerror}: set OUTAGE_BOARD_UTILITY to the utility's file") from error
    except msgspec.ValidationError as error:
        raise UtilityError(f"{path}: {error}: see the head of services/board/utility.py for a whole file") from error
    except msgspec.DecodeError as error:
        raise UtilityError(f"{path}: not TOML: {error}") from error
    if missing := [language for language in LANGUAGES if language not in found.name]:
        raise UtilityError(f"{path}: the name is missing in {', '.join(missing)}: write name = {{ zh-CN = …, en = … }}")
    if (reached := contrast(found.colours.accent)) < DARKEST_CONTRAST:
        raise UtilityError(
            f"{path}: {found.colours.accent} on white has a contrast of {reached:.1f}, and people must be able to read "
            f"it: take a darker colour, of {DARKEST_CONTRAST} at least (WCAG 1.4.3)"
        )
    return found


def contrast(colour: str) -> float:
    """Of a colour on white, by WCAG 2.2's relative luminance."""
    red, green, blue = (int(part, 16) / 255 for part in re.findall("..", colour.removeprefix("#")))
    return 1.05 / (0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue) + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - WCAG's own figures
