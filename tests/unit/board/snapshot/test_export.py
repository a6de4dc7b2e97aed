"""The whole board as plain files, for any static host."""

from pathlib import Path

import pytest

from services.board.snapshot.export import LIST, NotExported, export
from services.board.snapshot.form import ANSWER_MARK, AS_OF_MARK, STALE_MARK, Page
from tests.kits.board.snapshots import FullDisk, html, small_site


def test_every_public_page_is_a_file_with_the_time_filled_in(tmp_path: Path) -> None:
    written = export(small_site(), tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        "index.html",
        "en/index.html",
        "o/DJ-F-1/index.html",
        "off/index.html",
        "now/城东/index.html",
        "feeds/notices.atom",
        "404.html",
    }
    home, english = (tmp_path / "index.html").read_bytes(), (tmp_path / "en" / "index.html").read_bytes()
    assert b"as of 09:12 zh-CN" in home
    assert b"as of 09:12 en" in english
    for path in written:
        assert not any(mark in path.read_bytes() for mark in (STALE_MARK, AS_OF_MARK, ANSWER_MARK))


def test_what_is_not_for_everybody_is_not_written(tmp_path: Path) -> None:
    export(small_site(), tmp_path)
    said = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != LIST)
    assert b"sites" not in said
    assert b"old since" not in said, "nobody knows how old it is when it is read"


def test_what_is_no_more_is_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    pages = small_site()
    export(pages, tmp_path)
    (tmp_path / "robots.txt").write_text("User-agent: *")
    del pages["/o/DJ-F-1"]
    export(pages, tmp_path)
    assert not (tmp_path / "o").exists()
    assert (tmp_path / "robots.txt").exists()
    assert (tmp_path / "index.html").exists()


@pytest.mark.parametrize("path", ["/n/../../etc/passwd", "/n//x", "/n/.", "/n/a\0b", "/n/" + "长" * 100])
def test_a_path_that_is_no_file_is_refused_before_anything_is_written(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotExported, match="cannot be a file"):
        export({**small_site(), path: html("x")}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_is_needed_is_refused(tmp_path: Path) -> None:
    feed = Page(body=b"", content_type="text/plain")
    with pytest.raises(NotExported, match="a file and a folder"):
        export({"/n/x": feed, "/n/x/more": feed}, tmp_path)


def test_a_list_that_somebody_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (folder / LIST).write_text('["../mine.txt", "/etc/hostname"]')
    export(small_site(), folder)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_full_disk_leaves_whole_files(tmp_path: Path) -> None:
    export(small_site(now="old"), tmp_path)
    with pytest.raises(OSError, match="No space left"):
        export(small_site(now="new"), tmp_path, FullDisk(4))
    assert b"old" in (tmp_path / "index.html").read_bytes()
    assert not list(tmp_path.rglob("*.new"))
