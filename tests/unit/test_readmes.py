"""What a README, a page or a decision names is there: who moves a file or renames a function finds who speaks of it."""

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
        ROOT / "CONTRIBUTING.md",
        *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md") if "node_modules" not in page.parts),
    ]
)
NAMED = re.compile(r"`([\w./*-]+\.(?:py|sql|toml))(?:::([\w.]+))?`")
"""A file, or what is defined in it: `services/policy/counting.py::earliest_start`, `….py::Class.method`."""
LINKED = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")
MADE = re.compile(r"`make ([a-z-]+)")
MORE_THAN_A_FEW = 5
MOST_HOUSE_WORDS = 25
MIRRORS = {("tests", kind) for kind in ("unit", "kernel", "integration")}
PACKAGES = (
    "bench",
    "connectors",
    "demo",
    "deploy",
    "devstack",
    "operations",
    "outagectl",
    "schemas",
    "services",
    "tests",
)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def found(page: Path, name: str) -> Path | None:
    """From the page's folder, from the root, or for decisions (docs/adr) and tests by the end of its path."""
    for folder in (page.parent, ROOT):
        for path in folder.glob(name):
            return path
    if "/" not in name and page.name == "README.md" and page.parent != ROOT:
        for path in page.parent.rglob(name):
            return path
    if "adr" in page.parts or Path(name).name.startswith("test_"):
        for top in FOLDERS:
            for path in (ROOT / top).rglob(Path(name).name):
                if path.as_posix().endswith(f"/{name}"):
                    return path
    return None


def defines(path: Path, name: str) -> bool:
    """Each part of a dotted name is a class, a function or a constant of the file."""
    text = path.read_text(encoding="utf-8")
    return all(
        re.search(rf"^\s*(?:(?:async )?def |class )?{part}\b\s*[(:=\[]", text, re.MULTILINE) for part in name.split(".")
    )


@every_page
def test_every_file_that_a_page_names_is_there_with_what_it_is_said_to_define(page: Path) -> None:
    missing = []
    for name, inside in NAMED.findall(page.read_text(encoding="utf-8")):
        path = None if ".." in name else found(page, name)
        if path is None and ".." not in name:
            missing.append(name)
        elif path is not None and inside and not defines(path, inside):
            missing.append(f"{name}::{inside}")
    assert missing == []


def test_the_tree_of_architecture_md_has_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = page.partition("## The tree")[2].partition("## Lock order")[0]
    rooms = [
        folder
        for top in PACKAGES
        for folder in (*(ROOT / top).iterdir(), *(ROOT / top).glob("*/domain/*"))
        if (folder / "__init__.py").exists()
    ]
    assert len(rooms) > len(PACKAGES)
    assert [room.relative_to(ROOT).as_posix() for room in rooms if f"{room.name}/" not in tree] == []
    services = {room.name for room in rooms if room.parent.name == "services"}
    assert services == set(
        re.findall(r"^  (\w+)/ ", tree.partition("services/\n")[2].partition("operations/\n")[0], re.MULTILINE)
    )


def test_the_house_has_few_words_of_its_own() -> None:
    """What needs a line in the glossary must be worth learning; everything else is plain English."""
    rows = [row for row in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines() if row[:2] == "| "]
    words = [row.split("|")[1].strip() for row in rows[1:]]
    assert words == sorted(words)
    assert len(words) <= MOST_HOUSE_WORDS


@every_page
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = LINKED.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@every_page
def test_every_make_target_that_a_page_names_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name in MADE.findall(page.read_text(encoding="utf-8")) if name not in targets} == set()


@pytest.mark.parametrize("top", PACKAGES)
def test_a_package_of_more_than_five_files_says_what_it_is(top: str) -> None:
    """In its own README, or by a line in the next one above; tests that mirror the code are explained by it."""
    for folder in sorted({path.parent for path in (ROOT / top).rglob("*.py") if "node_modules" not in path.parts}):
        if folder.relative_to(ROOT).parts[:2] in MIRRORS:
            continue
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(files) > MORE_THAN_A_FEW:
            pages = [
                page for page in (folder / "README.md", *(up / "README.md" for up in folder.parents)) if page.exists()
            ]
            here = next(page for page in pages if page.is_relative_to(ROOT))
            name = folder.relative_to(here.parent).as_posix()
            assert here.parent == folder or f"{name}/" in here.read_text(encoding="utf-8"), (
                f"{here}: no word of {name}/"
            )


def test_no_two_decisions_have_one_number_and_each_begins_with_its_own() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [int(page.name.partition("-")[0]) for page in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for number, page in zip(numbers, decisions, strict=True):
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. "), page.name
