"""The words of the page that are no figures, by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from operations.reports.page.chinese import CHINESE
from operations.reports.page.english import ENGLISH
from operations.reports.page.wording import PageLabels, PageLanguage

__all__ = ["CHINESE", "ENGLISH", "LABELS", "PageLabels", "PageLanguage"]

LABELS: Final[Mapping[PageLanguage, PageLabels]] = {"en": ENGLISH, "zh-CN": CHINESE}
