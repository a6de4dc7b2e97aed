"""The sizes at which a page is looked at, and where the pictures of it go."""

from pathlib import Path
from typing import Final

from playwright.async_api import Page

PICTURES: Final = Path(__file__).parents[3] / "build" / "browser"
"""Where each test leaves what it saw; kept by CI."""

TELEPHONE: Final = (360, 740)
DESK: Final = (1280, 900)
NARROW: Final = (320, 640)
"""Width and height in CSS pixels; the last is the narrowest that WCAG 1.4.10 asks for."""


async def seen(page: Page, name: str) -> Path:
    """A picture of the whole page, for whoever looks at the build."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path, full_page=True)
    return path
