"""A front follows its renderer, never back to an older truth, and has something to show when it is dead."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.board.snapshot.store import SnapshotDamaged
from services.kernel.manual_clock import ManualClock
from tests.kits.board.fronts import FrontDesk, Renders
from tests.kits.board.snapshots import AS_OF, FullDisk, small_site

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def home(desk: FrontDesk) -> str:
    return (await desk.get("/")).text


async def test_a_new_snapshot_takes_the_place_of_the_one_before_and_only_what_is_new_is_fetched() -> None:
    desk = FrontDesk()
    assert await desk.shows() == "taken"
    fetched = len(desk.renders.fetched)
    assert await desk.shows(small_site(now="4处停电"), as_of=AS_OF + 5 * SECOND) == "taken"
    assert "4处停电" in await home(desk)
    assert len(desk.renders.fetched) == fetched + 2, "the first page in two languages"


async def test_the_same_pages_only_get_a_new_time() -> None:
    desk = FrontDesk()
    await desk.shows()
    page = desk.follower.site.paths["/"] if desk.follower.site is not None else None
    assert await desk.shows(small_site(said="09:13"), as_of=AS_OF + MINUTE) == "renewed"
    assert desk.follower.site is not None
    assert desk.follower.site.paths["/"] is page
    assert "as of 09:13 zh-CN" in await home(desk)
    assert await desk.follower.look() == "same"


async def test_of_two_renderers_the_one_behind_changes_nothing() -> None:
    desk = FrontDesk()
    await desk.shows(small_site(now="new"), as_of=AS_OF + MINUTE)
    for _ in range(3):
        assert await desk.shows(small_site(now="old"), as_of=AS_OF) == "older"
        assert "new" in await home(desk)
        assert await desk.shows(small_site(now="new"), as_of=AS_OF + MINUTE) == "same"


async def test_an_older_truth_is_shown_only_where_nobody_has_kept_the_newer_alive_for_five_minutes() -> None:
    """The database's clock was an hour ahead, and was put back: nothing true would ever be newer."""
    desk = FrontDesk()
    await desk.shows(small_site(now="dated ahead"), as_of=AS_OF + 60 * MINUTE)
    desk.clock.advance(4 * MINUTE)
    assert await desk.shows(small_site(now="true"), as_of=AS_OF + 4 * MINUTE) == "older"
    desk.clock.advance(2 * MINUTE)
    assert await desk.shows(small_site(now="dead"), as_of=AS_OF, age=600) == "older", "as dead as what is shown"
    assert await desk.shows(small_site(now="true"), as_of=AS_OF + 6 * MINUTE) == "taken"
    assert "old since" not in await home(desk)


async def test_what_was_swept_away_while_it_was_fetched_leaves_what_is_shown() -> None:
    desk = FrontDesk()
    await desk.shows()
    desk.renders.stands(small_site(now="4处停电"), as_of=AS_OF + SECOND)
    desk.renders._bodies.clear()
    with pytest.raises(SnapshotDamaged, match="gone"):
        await desk.follower.look()
    assert "3处停电" in await home(desk)
    assert await desk.shows(small_site(now="5处停电"), as_of=AS_OF + 2 * SECOND) == "taken"


async def test_restarted_while_the_renderer_is_dead_it_shows_its_copy_with_the_banner(tmp_path: Path) -> None:
    before = FrontDesk(copy=tmp_path)
    await before.shows()
    desk = FrontDesk(copy=tmp_path, clock=ManualClock(AS_OF + 7 * MINUTE))
    desk.renders.away = True
    assert await desk.follower.begin()
    with pytest.raises(ConnectionRefusedError):
        await desk.follower.look()
    assert "3处停电" in await home(desk)
    assert "old since" in await home(desk)
    desk.renders.away = False
    assert await desk.shows(small_site(said="09:19"), as_of=AS_OF + 7 * MINUTE) == "renewed"
    assert "old since" not in await home(desk)


async def test_restarted_within_five_minutes_it_shows_its_copy_without(tmp_path: Path) -> None:
    await FrontDesk(copy=tmp_path).shows()
    desk = FrontDesk(copy=tmp_path, clock=ManualClock(AS_OF + 2 * MINUTE))
    assert await desk.follower.begin()
    assert "old since" not in await home(desk)
    desk.clock.advance(4 * MINUTE)
    assert "old since" in await home(desk)


@pytest.mark.parametrize("wrong_by", [timedelta(hours=-1), timedelta(hours=1)])
async def test_a_wall_clock_an_hour_off_makes_nothing_stale_and_nothing_fresh_while_the_renderer_answers(
    wrong_by: timedelta, tmp_path: Path
) -> None:
    await FrontDesk(copy=tmp_path).shows()
    desk = FrontDesk(copy=tmp_path, clock=ManualClock(AS_OF + wrong_by))
    await desk.follower.begin()
    assert await desk.shows(as_of=AS_OF + MINUTE) == "renewed"
    assert "old since" not in await home(desk)
    desk.clock.advance(6 * MINUTE)
    await desk.follower.look()
    assert "old since" in await home(desk)
    await desk.shows(as_of=AS_OF + 7 * MINUTE)
    assert "old since" not in await home(desk)


async def test_a_copy_that_is_damaged_is_none(tmp_path: Path) -> None:
    await FrontDesk(copy=tmp_path).shows()
    for path in (tmp_path / "blobs").glob("*/*"):
        path.write_bytes(b"damaged")
    desk = FrontDesk(copy=tmp_path)
    assert not await desk.follower.begin()
    assert (await desk.get("/")).status == 503
    assert await desk.shows() == "taken"
    again = FrontDesk(copy=tmp_path)
    assert await again.follower.begin(), "it was written anew"


async def test_without_a_copy_it_begins_with_nothing(tmp_path: Path) -> None:
    assert not await FrontDesk().follower.begin()
    assert not await FrontDesk(copy=tmp_path / "none").follower.begin()


async def test_a_disk_that_is_full_costs_the_copy_and_nothing_else(tmp_path: Path) -> None:
    desk = FrontDesk(copy=tmp_path)
    assert desk.follower._copy is not None
    desk.follower._copy._disk = FullDisk(0)
    assert await desk.shows() == "taken"
    assert "3处停电" in await home(desk)


async def test_a_renderer_that_has_made_nothing_yet_offers_nothing() -> None:
    desk = FrontDesk(renders=Renders())
    assert await desk.follower.look() == "nothing"
    assert (await desk.get("/")).status == 503
