"""Every file that a README, a page or a decision names is there: who moves one finds who speaks of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "bench",
    "connectors",
    "deploy",
    "devstack",
    "demo",
    "docs",
    "operations",
    "outagectl",
    "policies",
    "schemas",
    "services",
    "tests",
)
PAGES = sorted(
    [
        ROOT / "README.md",
        *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md") if "node_modules" not in page.parts),
    ]
)
NAMED = re.compile(r"`([\w./*-]+\.(?:py|sql|toml))`")


def stands(page: Path, name: str) -> bool:
    """From the page's folder, from the root, or for decisions (docs/adr) and tests by the end of its path."""
    if any(True for folder in (page.parent, ROOT) for _ in folder.glob(name)):
        return True
    if "/" not in name and page.name == "README.md" and page.parent != ROOT and any(page.parent.rglob(name)):
        return True
    short = "adr" in page.parts or Path(name).name.startswith("test_")
    return short and any(
        path.as_posix().endswith(f"/{name}") for top in FOLDERS for path in (ROOT / top).rglob(Path(name).name)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = {name for name in NAMED.findall(page.read_text(encoding="utf-8")) if ".." not in name}
    assert [name for name in sorted(named) if not stands(page, name)] == []
