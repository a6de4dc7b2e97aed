"""Which words of the page are no figures: every language has each of them, for the class asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PageLanguage = Literal["en", "zh-CN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLabels:
    """Labels of one language."""

    title: str
    """{utility}, {period}."""
    month: str
    """{year}, {month}."""
    months: tuple[str, ...]
    year: str
    """{year}."""
    data_as_of: str
    """{at}, {zone}."""
    not_over: str
    contents: str
    supply: str
    supply_intro: str
    promises: str
    promises_intro: str
    promises_none: str
    promises_year: str
    words: str
    calls: str
    unsaid: str
    unsaid_none: str
    definitions: str
    cases: str
    cases_of: str
    """{name}."""
    cases_more: str
    """{shown}, {all}, {command}."""
    cases_all: str
    """{all}, {command}."""
    no_cases: str
    back: str
    by_day: str
    by_month: str
    by_class: str
    by_territory: str
    by_area: str
    by_line: str
    groups_more: str
    """{left}, {command}."""
    customer_minutes_axis: str
    saidi_axis: str
    marked_day: str
    whole: str
    without_major: str
    minutes: str
    cannot_be_said: str
    not_measured: str
    statement: str
    """{id}, {at}, {by}."""
    no_statement: str
    differs: str
    """{count}."""
    rate: str
    """{rate}."""
    no_rate: str
    unverified: str
    definition: str
    listed: str
    reached: str
    """{called}, {due}, {rate}, {satisfied}, {unreached}."""
    no_calls: str
    ever_said: str
    """{said}, {outages}."""
    policy: str
    """{policy}, {version}."""
    figures: Mapping[str, str]
    columns: Mapping[str, str]
    classes: Mapping[str, str]
    territories: Mapping[str, str]
    verdicts: Mapping[str, str]
    units: Mapping[str, str]
    unsaid_why: Mapping[str, str]
    """Why a figure is not there, by its named reason or by the figure; else the report's own sentence stands."""
    several: str
    nowhere: str
    unnamed: str
    """Of a cut through the figures."""
    counted_twice: str
    """{count}."""
    older_version: str
    """{count}."""
    own_definition: str
