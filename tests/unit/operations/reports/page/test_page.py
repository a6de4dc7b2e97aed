"""The page of a month: whole and valid by itself, in both languages, and no name from elsewhere can change what it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from operations.fulfilment.months import MonthStanding, MonthView
from operations.reports.facts import FoundBy
from operations.reports.form import CustomersServed
from operations.reports.making import cases_of, report_of
from operations.reports.page import PageFacts, page_of
from operations.reports.page.labels import CHINESE, ENGLISH, LABELS, PageLanguage
from operations.reports.page.page import CASE_FIGURES
from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FulfilmentRow
from services.restorer.domain.months.figures import NO_FIGURES
from tests.kits.reports import facts, group, local

HOSTILE = "<script>alert(1)</script>\u202e&\x1b[2J'\"东"
RULE = RuleRef(policy_id="cn", policy_version="1", rule_id="cn.fault.crew-45min", source="第2篇 第十条(二)5")
VOID = frozenset({"meta", "br", "input", "link", "img", "hr"})
LANGUAGES: Sequence[PageLanguage] = ("en", "zh-CN")


def case(name: str, standing: str, customer: str | None = None, mrid: str | None = "F-1") -> str:
    at = "2026-03-05T01:00:00Z"
    who: list[object] = [name, "1", mrid, customer, []]
    line: list[object] = ["promise", RULE.rule_id, "restorer", *who, at, at, standing, at, "why", None]
    return msgspec.json.encode(line).decode()


def page_facts(*, promised: bool = True) -> PageFacts:
    found = facts(
        [
            group("F-1", local(5, 9), 90, 120),
            group(HOSTILE, local(6, 9), 3, 40),
            group("F-3", local(7, 9), None, None),
        ],
        {"F-1": FoundBy("fault", ("urban",), ("城东线",), (HOSTILE,)), HOSTILE: FoundBy(None, (), (HOSTILE,), ())},
    )
    rows = (
        FulfilmentRow(rule=RULE, made=3, kept=2, broken=1, voided=0, corrected=0, asks=HOSTILE),
        FulfilmentRow(
            rule=msgspec.structs.replace(RULE, rule_id="cn.hotline.3-rings"),
            made=0,
            kept=0,
            broken=0,
            voided=0,
            corrected=0,
            measured=False,
        ),
    )
    month = MonthStanding(MonthView(month="2026-03"), NO_FIGURES, rows, 66.67, ())
    return PageFacts(
        report=report_of(found),
        cases={figure: cases_of(found, figure) for figure in CASE_FIGURES},
        month=month if promised else None,
        promise_lines=[case("F-1/crew/1", "kept"), case("DJ-0001/word/1", "broken", "DJ-0001")] if promised else (),
        utility="东江供电公司",
        data_as_of=datetime(2026, 5, 1, tzinfo=UTC),
    )


class Read(HTMLParser):
    """Holds that whatever is opened is closed in its turn; keeps ids, links, elements and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.elements: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        given = dict(attrs)
        assert not any(name.startswith("on") for name in given)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_beside_itself_and_every_link_leads_somewhere(language: PageLanguage) -> None:
    read = Read(page_of(page_facts(), language))
    assert read.elements.isdisjoint({"script", "img", "link", "iframe", "object"})
    assert len(read.ids) == len(set(read.ids))
    assert {link[:1] for link in read.links} == {"#"}
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert not re.search(r"url\(|@import|https?:", page_of(page_facts(), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_leads_to_what_it_means_and_to_its_cases(language: PageLanguage) -> None:
    read = Read(page_of(page_facts(), language))
    for figure in ("saidi", "saifi", "caidi", "maifi", "asai", "not-known", "open", "lateness"):
        assert f"#def-{figure}" in read.links
        assert {f"fig-{figure}", f"def-{figure}"} <= set(read.ids)
    assert {f"#cases-{figure}" for figure in CASE_FIGURES} <= set(read.links)


def test_a_name_from_elsewhere_is_text_and_what_hides_or_turns_it_is_shown_by_number() -> None:
    page = page_of(page_facts(), "en")
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "\\u202e" in page
    assert "&lt;script&gt;" in page


def test_the_page_says_what_the_report_says() -> None:
    found = page_facts()
    text = Read(page_of(found, "en")).text
    assert found.report.whole.indices.saidi is not None
    for shown in (f"{found.report.whole.indices.saidi:,.2f}", "66.67 %", "March 2026", "fewer than five years"):
        assert shown in text
    assert "2026年3月" in Read(page_of(found, "zh-CN")).text


def test_what_is_not_measured_is_said_so_and_has_no_figure() -> None:
    page = page_of(page_facts(), "en")
    row = page[page.index('id="rule-cn.hotline.3-rings"') :].partition("</tr>")[0]
    assert ENGLISH.not_measured in row
    assert "100" not in row


def of_a_feed() -> PageFacts:
    """A list of outages that names neither lines nor how many customers are served."""
    found = facts([group("F-1", local(5, 9), 90, 12_000_000)], {"F-1": FoundBy("fault", (), (), ("Surrey",))})
    served = CustomersServed(customers=None, source="not-known", days=31, days_known=0)
    report = report_of(replace(found, served=served, unresolved=258, not_counted=3))
    return replace(page_facts(promised=False), report=report)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_list_of_outages_does_not_say_is_said_so_and_has_no_column(language: PageLanguage) -> None:
    labels, page = LABELS[language], page_of(of_a_feed(), language)
    read = Read(page)
    unsaid = page[page.index('<section id="unsaid">') : page.index('<section id="definitions">')]
    for what in (labels.by_line, labels.by_territory):
        assert f"{what}: {labels.unnamed}" in unsaid
    assert "258" in unsaid
    assert labels.older_version.format(count="3") in unsaid
    assert unsaid.count("<li>") == 9, "five indices with major event days, two cuts, two doubts"
    assert "by-area" in read.ids
    assert not {"by-line", "by-territory"} & set(read.ids)
    assert f'<th scope="col">{labels.columns["saidi"]}</th>' not in page
    assert "ADR" not in read.text, "no document of ours is cited to the public"


def test_a_promise_to_one_customer_names_no_customer() -> None:
    text = Read(page_of(page_facts(), "zh-CN")).text
    assert "DJ-0001" not in text
    assert "未兑现" in text


def test_where_nothing_was_promised_the_page_says_so() -> None:
    assert ENGLISH.promises_none in Read(page_of(page_facts(promised=False), "en")).text


def test_no_label_of_one_language_is_missing_in_the_other() -> None:
    for name in ("figures", "columns", "classes", "territories", "verdicts", "units"):
        assert getattr(ENGLISH, name).keys() == getattr(CHINESE, name).keys()
