"""docs/connect.md says what the contracts and the example files say, and points at what is there."""

import re

import aiokafka.codec
import pytest

from schemas.contracts import dispatch
from schemas.tools.connect_page import PAGE, ROOT, NothingThere, filled, main

PAGE_TEXT = PAGE.read_text()
CODECS = {name: getattr(aiokafka.codec, f"has_{name}") for name in ("gzip", "snappy", "lz4", "zstd")}


def test_the_page_shows_the_files_and_fields_as_they_are() -> None:
    assert filled(PAGE_TEXT) == PAGE_TEXT, "run python -m schemas.tools.connect_page and commit what it writes"
    assert main(["--check"]) == 0


def test_every_example_file_stands_on_the_page_whole() -> None:
    files = [path for path in (ROOT / "docs" / "examples").iterdir() if path.suffix in {".sh", ".py", ".java"}]
    assert len(files) == 7
    for path in files:
        assert f"\n{path.read_text()}```" in PAGE_TEXT, path.name


def test_a_place_that_names_nothing_is_found_out() -> None:
    for place in ("file docs/examples/none.sh", "fields none.v1", "part None", "story f1"):
        with pytest.raises(NothingThere, match="a place is a file"):
            filled(f"<!-- begin {place} -->\n<!-- end -->")


def test_every_type_of_the_topic_is_told_of() -> None:
    for name in dispatch.TYPES:
        assert f"`{name}`" in PAGE_TEXT, name
    assert len(re.findall(r"^\| `\S+\.v1` \| (?!.*\.json)", PAGE_TEXT, re.MULTILINE)) == 11


def test_what_the_page_points_at_is_there() -> None:
    headings = {
        re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE_TEXT, re.MULTILINE)
    }
    targets = re.findall(r"\]\(([^)\s]+)\)", PAGE_TEXT)
    assert targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (PAGE.parent / target).exists(), target


def test_the_page_names_the_compressions_that_are_read() -> None:
    (said,) = re.findall(r"Compression: none((?:, \w+)*)(?: or (\w+))?\.", PAGE_TEXT)
    named = set(re.findall(r"\w+", " ".join(said)))
    read = {name for name, has in CODECS.items() if has()}
    assert named == read, f"what this installation reads: none, {', '.join(sorted(read))}; say so on the page"
