"""What did not change keeps its name, and is not looked at again."""

import pytest

from services.board.snapshot import making
from services.board.snapshot.making import SnapshotMaker
from tests.kits.board.snapshots import html, made, small_site


def test_pages_by_path_are_named_by_what_they_hold() -> None:
    of = made()
    assert of.bodies[of.manifest.paths["/"].digest] == small_site()["/"].body
    assert of.manifest.paths["/en"].language == "en"


def test_what_moves_with_the_clock_changes_no_name() -> None:
    early, late = made(small_site(said="09:12")), made(small_site(said="09:13"))
    assert early.digest == late.digest
    assert early.parts != late.parts


def test_only_pages_that_are_new_objects_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, pages = SnapshotMaker(), small_site()
    maker.make(pages)
    looked: list[bytes] = []
    monkeypatch.setattr(making, "digest_of", lambda body: looked.append(body) or "d" * 64)
    pages["/"] = html("changed")
    maker.make(pages)
    assert pages["/"].body in looked
    assert len(looked) == 2, "the page, and the manifest"


def test_a_page_that_is_gone_makes_another_snapshot_and_the_same_pages_the_same() -> None:
    maker, pages = SnapshotMaker(), small_site()
    first = maker.make(pages)
    assert maker.make(dict(pages)).digest == first.digest
    del pages["/o/DJ-F-1"]
    second = maker.make(pages)
    assert second.digest != first.digest
    assert "/o/DJ-F-1" not in second.manifest.paths
    pages["/o/DJ-F-2"] = html("another")
    assert "/o/DJ-F-2" in maker.make(pages).manifest.paths, "one more, where one was taken away before"


def test_one_page_in_the_place_of_another_is_seen_though_there_are_as_many() -> None:
    maker, pages = SnapshotMaker(), small_site()
    first = maker.make(pages)
    pages["/o/DJ-F-2"] = pages.pop("/o/DJ-F-1")
    assert maker.make(pages).digest != first.digest
