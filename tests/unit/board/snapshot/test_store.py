"""Whoever reads the folder finds the snapshot before or the one after, whole, whatever happens while it is written."""

import multiprocessing
import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from services.board.snapshot.disk import NEW
from services.board.snapshot.form import Standing
from services.board.snapshot.making import MadeSnapshot
from services.board.snapshot.store import SnapshotDamaged, SnapshotNotWritten, SnapshotStore
from tests.kits.board.snapshots import FullDisk, html, made, small_site, standing


def publish(store: SnapshotStore, of: MadeSnapshot, seconds: float = 0.0) -> str:
    return store.publish(of.digest, of.manifest, of.bodies, standing(of, seconds))


def whole(store: SnapshotStore) -> dict[str, bytes]:
    """Every page of what stands, as a reader finds it."""
    stands = store.standing()
    assert stands is not None
    return {path: store.blob(entry.digest) for path, entry in store.manifest(stands.manifest).paths.items()}


def refusal(store: SnapshotStore, of: MadeSnapshot) -> str:
    """Why it is not written; empty: it is."""
    try:
        publish(store, of, 5)
    except SnapshotNotWritten as refused:
        return str(refused)
    return ""


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_snapshot_is_read_back_page_by_page(tmp_path: Path) -> None:
    store, pages = SnapshotStore(tmp_path), small_site()
    assert store.standing() is None
    assert publish(store, made(pages)) == "published"
    assert whole(SnapshotStore(tmp_path))["/"] == pages["/"].body
    stands = store.standing()
    assert stands is not None
    assert set(stands.parts) == {path for path in pages if "stale." in path or "as-of." in path}


def test_the_same_pages_again_only_say_how_old_they_are(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    publish(store, of)
    before = files(tmp_path)
    assert publish(store, of, seconds=5) == "beat"
    assert files(tmp_path) == before
    assert store.standing() == standing(of, 5)


def test_pages_that_are_the_same_are_not_written_again(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    publish(store, made())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "blobs").glob("*/*")}
    assert publish(store, made(small_site(now="4处停电")), 5) == "published"
    now = {path: path.stat().st_mtime_ns for path in (tmp_path / "blobs").glob("*/*")}
    assert len(now.keys() - before.keys()) == 2, "the first page in two languages"
    assert before.items() <= now.items()


def test_twenty_snapshots_stay_and_what_only_older_ones_had_goes(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    snapshots = [made(small_site(now=f"{number}处停电")) for number in range(25)]
    for number, of in enumerate(snapshots):
        publish(store, of, number)
    kept = {path.name.removesuffix(".json") for path in (tmp_path / "manifests").iterdir()}
    assert kept == {of.digest for of in snapshots[-20:]}
    named = {entry.digest for of in snapshots[-20:] for entry in of.manifest.paths.values()}
    assert {path.name for path in (tmp_path / "blobs").glob("*/*")} == named
    for of in snapshots[-20:]:
        assert all(store.blob(entry.digest) for entry in store.manifest(of.digest).paths.values())


def test_a_snapshot_that_stands_again_counts_as_the_newest(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path, keep=2)
    first, second, third = (made(small_site(now=f"{number}处停电")) for number in range(3))
    for seconds, of in enumerate((first, second, first, third)):
        publish(store, of, seconds)
    assert {path.name for path in (tmp_path / "manifests").iterdir()} == {f"{of.digest}.json" for of in (first, third)}


def test_an_older_truth_does_not_take_the_place_of_a_newer_one(tmp_path: Path) -> None:
    """Two renderers in one folder: one is behind."""
    ahead, behind = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    new, old = made(small_site(now="new")), made(small_site(now="old"))
    publish(ahead, new, seconds=10)
    assert publish(behind, old, seconds=5) == "older"
    assert whole(behind)["/"] == small_site(now="new")["/"].body
    assert publish(behind, old, seconds=15) == "published"


def test_what_a_clock_an_hour_ahead_wrote_does_not_shut_the_door_to_what_is_true(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    publish(store, of, seconds=3_600)
    assert publish(store, of, seconds=0) == "beat"
    assert store.standing() == standing(of)


def test_while_one_writes_another_waits_for_its_next_round(tmp_path: Path) -> None:
    one, other = SnapshotStore(tmp_path), SnapshotStore(tmp_path)
    with one._alone() as alone:
        assert alone
        assert publish(other, made()) == "busy"
    assert publish(other, made()) == "published"


def test_what_another_wrote_and_swept_is_known_before_the_next_snapshot(tmp_path: Path) -> None:
    """What one renderer had written is gone when the other has written three more: it is written again."""
    one, other = SnapshotStore(tmp_path, keep=2), SnapshotStore(tmp_path, keep=2)
    first = made(small_site(now="first"))
    publish(one, first, 0)
    for seconds in (1, 2, 3):
        publish(other, made(small_site(now=f"other {seconds}")), seconds)
    assert publish(one, first, 4) == "published"
    assert whole(other)["/"] == small_site(now="first")["/"].body


@pytest.mark.parametrize("partly", [True, False])
def test_a_disk_that_is_full_at_any_step_leaves_what_stood(tmp_path: Path, *, partly: bool) -> None:
    """Each write, each wait for the disk, each renaming of a round in turn."""
    old, new = small_site(now="old"), small_site(now="new")
    steps = 0
    while True:
        folder = tmp_path / f"{partly}-{steps}"
        publish(SnapshotStore(folder), made(old))
        disk = FullDisk(steps, partly=partly)
        store = SnapshotStore(folder, disk=disk)
        refused = refusal(store, made(new))
        if not refused:
            break
        assert refused == "No space left on device"
        # Once the last file has its name only the wait for the disk is left: then it is the new one, as whole.
        last = disk.last_replaced == folder / "current"
        assert whole(store)["/"] == (new if last else old)["/"].body
        assert not [path for path in files(folder) if path.name.endswith(NEW)], "half a file is taken away"
        disk.at, disk.full = -1, False
        assert publish(store, made(new), 6) == ("beat" if last else "published"), "with room again"
        assert whole(store)["/"] == new["/"].body
        steps += 1
    assert steps > 10


def test_where_there_is_no_room_the_older_snapshots_make_it(tmp_path: Path) -> None:
    room = 3

    class SmallDisk(FullDisk):
        def _step(self, path: Path | None = None, body: bytes = b"") -> None:
            if len(list((tmp_path / "manifests").glob("*.json"))) > room:
                super()._step(path, body)
            self.full = False

    store = SnapshotStore(tmp_path, disk=SmallDisk(at=0))
    for number in range(8):
        assert publish(store, made(small_site(now=f"{number}")), number) == "published"
        store._disk.steps = 0  # type: ignore[attr-defined]
    assert whole(store)["/"] == small_site(now="7")["/"].body
    assert len(list((tmp_path / "manifests").glob("*.json"))) <= room + 1


def test_a_page_that_is_not_what_its_name_says_is_not_shown_and_is_written_again(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    publish(store, of)
    path = tmp_path / "blobs" / of.manifest.paths["/"].digest[:2] / of.manifest.paths["/"].digest
    path.write_bytes(b"half")
    with pytest.raises(SnapshotDamaged, match="not hold what its name says"):
        store.blob(path.name)
    with pytest.raises(SnapshotDamaged):
        store.blob(path.name)
    assert publish(store, of, 5) == "published"
    assert whole(store)["/"] == of.bodies[path.name]


def test_pages_of_what_stands_are_there_for_who_starts_anew(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    assert store.pages(lambda _: True) == {}
    of = made()
    publish(store, of)
    assert store.pages(lambda path: path == "/en") == {"/en": small_site()["/en"]}
    digest = of.manifest.paths["/en"].digest
    (tmp_path / "blobs" / digest[:2] / digest).unlink()
    assert SnapshotStore(tmp_path).pages(lambda path: path == "/en") == {}, "and no error: they are made anew"


@pytest.mark.parametrize("name", ["../current", "a" * 63, "A" * 64, "", "\0" * 64])
def test_nobody_reads_a_file_by_a_name_that_is_no_digest(tmp_path: Path, name: str) -> None:
    store = SnapshotStore(tmp_path)
    for ask in (store.blob, store.manifest, store.packed_manifest):
        with pytest.raises(SnapshotDamaged):
            ask(name)


def test_what_stands_and_cannot_be_read_is_written_anew(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    publish(store, of)
    (tmp_path / "current").write_bytes(b"{")
    with pytest.raises(SnapshotDamaged, match="current cannot be read"):
        store.standing()
    assert publish(store, of, 5) == "published"
    assert store.standing() == standing(of, 5)


def test_a_form_that_only_a_newer_version_knows_is_left_alone(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    newer = msgspec.structs.replace(standing(of), form=99)
    (tmp_path / "current").write_bytes(msgspec.json.encode(newer))
    assert store.standing() is None


def _dies(folder: Path, step: int) -> None:
    class Dying(FullDisk):
        def _step(self, path: Path | None = None, body: bytes = b"") -> None:
            if self.steps == self.at:
                if path is not None:
                    path.write_bytes(body[: len(body) // 2])
                os._exit(9)
            self.steps += 1

    publish(SnapshotStore(folder, disk=Dying(step)), made(small_site(now="new")), 5)
    os._exit(0)


@pytest.mark.parametrize("step", range(12))
def test_a_writer_that_dies_at_any_step_leaves_what_stood_and_the_next_one_goes_on(tmp_path: Path, step: int) -> None:
    old = small_site(now="old")
    publish(SnapshotStore(tmp_path), made(old))
    process = multiprocessing.get_context("fork").Process(target=_dies, args=(tmp_path, step))
    process.start()
    process.join()
    assert process.exitcode == 9
    store = SnapshotStore(tmp_path)
    assert whole(store)["/"] in (old["/"].body, small_site(now="new")["/"].body)
    assert publish(store, made(small_site(now="next")), 10) == "published"
    assert whole(store)["/"] == small_site(now="next")["/"].body
    assert not [path for path in files(tmp_path) if path.name.endswith(NEW)]
    kept = {path.name.removesuffix(".json") for path in (tmp_path / "manifests").iterdir()}
    named = {entry.digest for digest in kept for entry in store.manifest(digest).paths.values()}
    assert {path.name for path in (tmp_path / "blobs").glob("*/*")} == named, "nothing is left of what was never named"


def test_a_page_that_comes_back_is_not_swept_to_make_room_for_the_snapshot_it_is_in(tmp_path: Path) -> None:
    class Tight(FullDisk):
        def write(self, path: Path, body: bytes) -> None:
            self.full = path.name.endswith(".json.new") and len(list(path.parent.glob("*.json"))) > 1
            super().write(path, body)

    publish(SnapshotStore(tmp_path), made({**small_site(), "/o/2": html("was there")}))
    publish(SnapshotStore(tmp_path), made(small_site(now="between")), 1)
    store = SnapshotStore(tmp_path, disk=Tight(-1))
    assert publish(store, made({**small_site(now="after"), "/o/2": html("was there")}), 2) == "published"
    assert whole(store)["/o/2"] == html("was there").body


def test_a_reader_between_two_snapshots_finds_all_pages_of_the_one_it_is_at(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path)
    publish(store, made())
    stands = store.standing()
    assert isinstance(stands, Standing)
    manifest = store.manifest(stands.manifest)
    for seconds in range(1, 19):
        publish(store, made({**small_site(now=f"{seconds}"), f"/o/{seconds}": html("another")}), seconds)
    assert all(store.blob(entry.digest) for entry in manifest.paths.values())


def test_a_standing_that_was_said_later_about_the_same_truth_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    store, of = SnapshotStore(tmp_path), made()
    publish(store, of)
    later = msgspec.structs.replace(
        standing(of), made_at=standing(of).made_at + timedelta(minutes=8), age_seconds=481.0
    )
    assert store.publish(of.digest, of.manifest, of.bodies, later) == "beat"
    found = store.standing()
    assert found is not None
    assert found.age_seconds == 481
