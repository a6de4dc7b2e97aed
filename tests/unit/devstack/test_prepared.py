"""What servers begin with is prepared once, by whoever comes first, and copied whole; begun ones are left alone."""

import asyncio
from pathlib import Path

import pytest

from devstack.servers.prepared import Prepared


class Making:
    """Prepares what can be told apart; fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.begun, self._fails = 0, fails

    async def __call__(self, folder: Path) -> None:
        self.begun += 1
        (folder / "postgres" / "data").mkdir(parents=True)
        if self.begun <= self._fails:
            raise OSError("the port is taken")
        await asyncio.sleep(0.01)  # a second one would come in here
        (folder / "kafka" / "data").mkdir(parents=True)
        (folder / "postgres" / "data" / "PG_VERSION").write_text(str(self.begun))
        (folder / "postgres" / "data").chmod(0o700)
        (folder / "kafka" / "data" / "meta.properties").touch()
        (folder / "ports.json").touch()


async def test_it_is_made_once_and_each_has_a_copy_of_its_own(tmp_path: Path) -> None:
    making, folders = Making(), [tmp_path / name for name in ("one", "two", "three")]
    # As in several processes: none knows of another.
    await asyncio.gather(*(Prepared(tmp_path / "kept").begin(folder, "plain", making) for folder in folders))
    assert making.begun == 1
    for folder in folders:
        held = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        assert held == {"postgres/data/PG_VERSION", "kafka/data/meta.properties"}, "no ports: those are its own"
        assert (folder / "postgres" / "data").stat().st_mode & 0o777 == 0o700, "PostgreSQL takes no other"
    (folders[0] / "postgres" / "data" / "PG_VERSION").write_text("changed")
    assert (folders[1] / "postgres" / "data" / "PG_VERSION").read_text() == "1"


async def test_what_differs_has_a_name_of_its_own(tmp_path: Path) -> None:
    making, kept = Making(), Prepared(tmp_path / "kept")
    await kept.begin(tmp_path / "one", "plain", making)
    await kept.begin(tmp_path / "two", "warped", making)
    assert (tmp_path / "two" / "postgres" / "data" / "PG_VERSION").read_text() == "2"


async def test_of_one_server_alone_a_copy_is_one_server(tmp_path: Path) -> None:
    async def database(folder: Path) -> None:
        (folder / "postgres" / "data").mkdir(parents=True)

    await Prepared(tmp_path / "kept").begin(tmp_path / "one", "databases", database)
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["postgres"]


async def test_where_servers_have_begun_nothing_is_touched(tmp_path: Path) -> None:
    making = Making()
    (tmp_path / "one" / "postgres").mkdir(parents=True)
    await Prepared(tmp_path / "kept").begin(tmp_path / "one", "plain", making)
    assert making.begun == 0
    assert list((tmp_path / "one").rglob("*")) == [tmp_path / "one" / "postgres"]


async def test_a_preparation_that_failed_is_tried_again_from_the_beginning(tmp_path: Path) -> None:
    making, kept = Making(fails=1), Prepared(tmp_path / "kept")
    with pytest.raises(OSError, match="the port is taken"):
        await kept.begin(tmp_path / "one", "plain", making)
    assert not (tmp_path / "one").exists()
    await kept.begin(tmp_path / "one", "plain", making)
    assert (tmp_path / "one" / "postgres" / "data" / "PG_VERSION").read_text() == "2"
