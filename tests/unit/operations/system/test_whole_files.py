"""A file that a command keeps is there whole at every moment: the old one, or the new one."""

from pathlib import Path

import pytest

from operations.system.whole_files import write_whole


def test_the_new_content_stands_in_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]


def test_where_it_is_kept_the_one_before_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for content in (b"one", b"two", b"three"):
        write_whole(path, content, keep=True)
    assert (path.read_bytes(), path.with_name("state.json.before").read_bytes()) == (b"three", b"two")
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    write_whole(path, b"one")

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"two", keep=True)
    assert path.read_bytes() == b"one"


def test_what_a_death_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_whole(path, b"one")
    for left in ("state.json.new", "state.json.new.before"):
        path.with_name(left).write_bytes(b"half")
    write_whole(path, b"two", keep=True)
    assert (path.read_bytes(), path.with_name("state.json.before").read_bytes()) == (b"two", b"one")


def test_a_volume_where_a_file_has_one_name_alone_keeps_the_one_before_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_second_names(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", no_second_names)
    path = tmp_path / "state.json"
    for content in (b"one", b"two", b"three"):
        write_whole(path, content, keep=True)
    assert (path.read_bytes(), path.with_name("state.json.before").read_bytes()) == (b"three", b"two")
