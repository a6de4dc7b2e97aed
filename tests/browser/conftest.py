"""A browser that reads the public board as people do: the real front, its headers, a page on a telephone and on a desk."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from devstack.browser import FLAGS, found, libraries, writes_chinese
from services.board.rendering.whole import WholeSite
from services.kernel.manual_clock import ManualClock
from tests.kits.board import NOW, UTILITY, evening
from tests.kits.board.fronts import Renders, listening
from tests.kits.board.views import TELEPHONE


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this machine; skipped, loudly, where there is none and none is required."""
    program = found()
    missing = None if program is not None else "run `make browser`"
    if program is not None and not writes_chinese():
        missing = "there is no font for Chinese: install fonts-wqy-microhei"
    if missing is not None or program is None:
        if os.environ.get("OUTAGE_REQUIRE_BROWSER") == "1":
            pytest.fail(f"a browser is required here: {missing}")
        pytest.skip(f"THE PAGES WERE NOT SEEN BY A BROWSER: {missing}")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=program,
            chromium_sandbox=False,
            args=[*FLAGS],
            env={**os.environ, **libraries(program)},
        )
        yield running
        await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def board(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a front that shows the small city on its evening of storm."""
    renders = Renders()
    renders.stands(WholeSite(UTILITY)(evening()), as_of=NOW)
    async with listening(renders, tmp_path_factory.mktemp("board"), ManualClock(NOW)) as process:
        yield f"http://127.0.0.1:{process.port}"


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh visitor with a telephone; no script of ours is needed, so none may run."""
    there = await browser.new_context(
        viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]}, locale="zh-CN", java_script_enabled=True
    )
    yield there
    await there.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """An empty page."""
    return await context.new_page()
