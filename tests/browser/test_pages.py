"""The public board as a browser shows it: on a telephone, on a desk, without a mouse, in the dark, on paper."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from services.board.utility import LANGUAGES
from tests.kits.board.views import DESK, NARROW, PICTURES, TELEPHONE, seen

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
KINDS = {
    "home": "/",
    "now": "/now",
    "planned": "/planned",
    "day": "/planned/2026-03-12",
    "notice": "/n/DJ-P-0310",
    "withdrawn": "/n/DJ-P-0317",
    "outage": "/o/DJ-F-0314",
    "past": "/past",
    "curtailment": "/curtailment",
    "fulfilment": "/fulfilment",
    "how": "/how",
    "subscribe": "/subscribe",
    "off": "/off",
    "hit": "/off?q=中山路一带",
    "miss": "/off?q=月亮湾",
    "missing": "/nowhere",
}
"""A page of each kind."""

each_kind = pytest.mark.parametrize("kind", KINDS)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def at(kind: str, language: str = LANGUAGES[0]) -> str:
    """Its path in a language."""
    path = KINDS[kind]
    return path if language == LANGUAGES[0] else f"/{language}{path}".rstrip("/")


async def width(page: Page) -> int:
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    return wide


@each_kind
@each_language
async def test_axe_finds_nothing_to_complain_of(page: Page, board: str, kind: str, language: str) -> None:
    await page.goto(board + at(kind, language))
    await page.evaluate(AXE)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: dict[str, Any] = await page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]] == []
    assert len(found["passes"]) > 10, "it looked at something"
    await seen(page, f"{kind}.{language}.telephone")


@pytest.mark.parametrize("kind", ["home", "outage", "notice", "fulfilment"])
async def test_in_the_dark_contrast_holds_too(browser: Browser, board: str, kind: str) -> None:
    context = await browser.new_context(color_scheme="dark", viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]})
    page = await context.new_page()
    await page.goto(board + at(kind))
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {runOnly: ['color-contrast']})")
    assert [one["nodes"][0]["html"] for one in found["violations"]] == []
    await seen(page, f"{kind}.dark")
    await context.close()


async def test_chinese_is_drawn_and_not_boxes(page: Page, board: str) -> None:
    await page.goto(board + "/")
    drawn = await page.evaluate(
        """() => ["停", "口", "囗"].map(sign => {
            const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
            pen.font = "40px sans-serif"; pen.fillText(sign, 5, 60);
            return canvas.toDataURL();
        })"""
    )
    assert len(set(drawn)) == 3, "a font without these signs draws the same box for each"


@each_kind
async def test_nothing_has_to_be_moved_sideways_at_320_pixels(browser: Browser, board: str, kind: str) -> None:
    context = await browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
    page = await context.new_page()
    for language in LANGUAGES:
        await page.goto(board + at(kind, language))
        assert await width(page) <= NARROW[0], language
    await context.close()


async def test_everything_is_there_with_scripts_switched_off(browser: Browser, board: str) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(board + "/")
    assert await page.get_by_role("heading", level=1).inner_text() == "停电通知"
    assert await page.get_by_text("正在抢修").first.is_visible()
    assert await page.get_by_role("searchbox").is_visible()
    await page.get_by_text("更多", exact=True).click()
    assert await page.get_by_role("link", name="电费电价").is_visible(), (
        "the rest of the navigation opens without a script"
    )
    await context.close()


async def test_a_page_is_one_request_and_breaks_none_of_its_own_rules(page: Page, board: str) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for kind in ("home", "notice", "fulfilment"):
        asked.clear()
        await page.goto(board + at(kind))
        assert [url for url in asked if not url.startswith("data:")] == [board + at(kind)]
    assert said == [], "the browser says there what the policy of content refused"


async def test_somebody_in_a_dark_stairwell_finds_their_street(page: Page, board: str) -> None:
    await page.goto(board + "/")
    await page.get_by_role("searchbox").fill("中山路")
    await page.get_by_role("button", name="请点击查询").click()
    text = await page.locator("main").inner_text()
    assert "您查询的是:中山路" in text
    assert text.index("中山路一带") < text.index("这不表示您处一定有电"), (
        "what is meant comes before that nothing is known"
    )
    await page.get_by_role("link", name="中山路一带").first.click()
    assert "停电中" in await page.locator("main").inner_text()
    await page.get_by_role("link", name="中山路一带").first.click()
    assert "3月5日11:30左右" in await page.locator("main").inner_text()


async def test_who_is_not_found_is_not_told_that_there_is_power(page: Page, board: str) -> None:
    await page.goto(board + at("miss"))
    text = await page.locator("main").inner_text()
    assert "这不表示您处一定有电" in text
    assert "95598" in text


async def test_what_is_asked_stays_text(page: Page, board: str) -> None:
    opened: list[str] = []
    page.on("dialog", lambda dialog: opened.append(dialog.message))
    await page.goto(board + "/off?q=<script>alert(1)</script><b>x")
    assert opened == []
    assert "<b>x" in await page.locator("main").inner_text()


async def test_the_keyboard_alone_goes_through_a_page_in_reading_order(page: Page, board: str) -> None:
    await page.goto(board + "/")
    order: list[str] = []
    for _ in range(9):
        await page.keyboard.press("Tab")
        order.append(await page.evaluate("(document.activeElement.innerText || document.activeElement.id).trim()"))
    assert order[:3] == ["English", "跳到正文", "停电通知"]
    assert "更多" in order
    assert order.index("更多") < order.index("q") < order.index("请点击查询")


async def test_the_focus_can_be_seen(page: Page, board: str) -> None:
    await page.goto(board + "/")
    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert int(re.sub(r"\D.*", "", outline)) >= 2


async def test_the_way_past_the_navigation_appears_when_it_is_reached(page: Page, board: str) -> None:
    await page.goto(board + "/")
    skip = page.get_by_role("link", name="跳到正文")
    await skip.focus()
    box = await skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    await page.keyboard.press("Enter")
    assert page.url.endswith("#main")


async def test_what_is_touched_is_large_enough(page: Page, board: str) -> None:
    await page.goto(board + "/")
    for target in (page.get_by_role("button", name="请点击查询"), page.get_by_role("link", name="当前停电").first):
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 44


async def test_a_status_is_told_by_a_word_and_a_sign_and_not_by_colour_alone(page: Page, board: str) -> None:
    await page.goto(board + "/now")
    for mark in await page.locator(".mark").all():
        assert (await mark.inner_text()).strip()
        assert await mark.locator("svg").count() == 1


async def test_the_other_language_is_one_touch_away_and_back(page: Page, board: str) -> None:
    await page.goto(board + at("outage"))
    await page.get_by_role("link", name="English").click()
    assert page.url == board + at("outage", "en")
    assert "partly restored" in await page.locator("main").inner_text()
    await page.get_by_role("link", name="中文").click()
    assert page.url == board + at("outage")


async def test_a_notice_prints_as_one_page_to_put_up_in_a_stairwell(page: Page, board: str) -> None:
    await page.goto(board + at("notice"))
    await page.emulate_media(media="print")
    assert await page.get_by_text("停电公告", exact=True).is_visible()
    assert not await page.get_by_role("navigation").is_visible()
    for words in ("3月12日13:00至16:00", "工业大道一带", "10千伏工业线", "95598"):
        assert await page.get_by_text(words).first.is_visible()
    PICTURES.mkdir(parents=True, exist_ok=True)
    paper = await page.pdf(path=PICTURES / "poster.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    await seen(page, "poster")


async def test_names_in_chinese_are_marked_as_such_in_english_pages(page: Page, board: str) -> None:
    await page.goto(board + at("home", "en"))
    marked = page.locator("main [lang='zh-CN']")
    assert await marked.count() > 0
    unmarked = await page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter(one =>
            [...one.childNodes].some(node => node.nodeType === 3 && /[\\u3400-\\u9fff]/.test(node.textContent))
            && !one.closest("[lang='zh-CN']")).map(one => one.outerHTML)"""
    )
    assert unmarked == []


async def test_zoomed_to_four_times_nothing_is_lost(browser: Browser, board: str) -> None:
    context = await browser.new_context(viewport={"width": DESK[0] // 4, "height": DESK[1] // 4})
    page = await context.new_page()
    await page.goto(board + at("now"))
    assert await width(page) <= DESK[0] // 4
    assert await page.get_by_text("中山路一带").first.is_visible()
    await context.close()


@each_language
async def test_on_a_desk_it_is_looked_at_too(browser: Browser, board: str, language: str) -> None:
    context = await browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    page = await context.new_page()
    for kind in ("home", "now", "notice", "fulfilment", "hit"):
        await page.goto(board + at(kind, language))
        assert await width(page) <= DESK[0]
        await seen(page, f"{kind}.{language}.desk")
    await context.close()
