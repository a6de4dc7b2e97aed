"""A JVM's classes are made once for a folder of jars, by one, and are then used; where they cannot be, nobody tries again."""

from pathlib import Path

import pytest

from devstack.servers.kept_classes import KeptClasses


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def unfinished(options: list[str]) -> Path:
    """The file that a JVM was told to write."""
    (told,) = (option for option in options if option.startswith("-XX:AOTCacheOutput="))
    return Path(told.partition("=")[2])


def test_whoever_comes_first_makes_them_and_all_others_use_them(tmp_path: Path, scratch: Path) -> None:
    first, second = KeptClasses(tmp_path), KeptClasses(tmp_path)
    assert first.options() == []
    with first.missing(scratch) as options:
        assert unfinished(options).parent == scratch
        unfinished(options).write_bytes(b"classes")
        with second.missing(scratch) as theirs:
            assert theirs == [], "it is being made"
        assert second.options() == [], "half a file is used by nobody"
    (given,) = (option for option in second.options() if option.startswith("-XX:AOTCache="))
    assert Path(given.partition("=")[2]).read_bytes() == b"classes"
    assert list(scratch.iterdir()) == []
    with second.missing(scratch) as theirs:
        assert theirs == []


def test_where_a_jvm_writes_none_it_is_not_told_to_again(tmp_path: Path, scratch: Path) -> None:
    classes = KeptClasses(tmp_path)
    with classes.missing(scratch) as options:
        assert options != []
    assert classes.options() == []
    with classes.missing(scratch) as options:
        assert options == []


def test_a_server_that_did_not_start_says_nothing_of_its_classes(tmp_path: Path, scratch: Path) -> None:
    classes = KeptClasses(tmp_path)
    with pytest.raises(OSError, match="its port is taken"), classes.missing(scratch):
        raise OSError("its port is taken")
    with classes.missing(scratch) as options:
        assert options != []


def test_without_a_cache_they_are_never_missing(tmp_path: Path, scratch: Path) -> None:
    classes = KeptClasses(tmp_path / "absent")
    with classes.missing(scratch) as options:
        assert options == []
    assert classes.options() == []
