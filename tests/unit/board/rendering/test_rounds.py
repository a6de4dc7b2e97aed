"""Whatever fails in a round, what stands goes on standing, and how old it is is said anew."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.board.rendering.ports import NothingRead
from services.board.rendering.rounds import Renderer
from services.board.snapshot.form import Standing
from services.board.snapshot.store import SnapshotStore
from services.kernel.manual_clock import ManualClock
from tests.kits.board.snapshots import AS_OF, FullDisk
from tests.kits.board.truths import Pages, Truth

SECONDS_5 = timedelta(seconds=5)


class Room:
    """One renderer with its folder."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, disk: FullDisk | None = None) -> None:
        self.clock = clock or ManualClock(AS_OF)
        self.truth, self.pages = Truth(self.clock), Pages()
        self.store = SnapshotStore(folder, disk=disk)
        self.renderer = Renderer(self.truth, self.pages, self.store, self.clock)

    async def round(self) -> str:
        return await self.renderer.round()

    @property
    def standing(self) -> Standing:
        found = self.store.standing()
        assert found is not None
        return found


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


async def test_a_round_writes_what_it_read_and_how_old_the_truth_is(room: Room) -> None:
    assert await room.round() == "published"
    assert (room.standing.as_of, room.standing.age_seconds) == (AS_OF - timedelta(seconds=1), 1.0)
    room.clock.advance(SECONDS_5)
    assert await room.round() == "beat"
    assert room.standing.as_of == AS_OF + timedelta(seconds=4)
    room.truth.board = replace(room.truth.board, outages=())
    room.clock.advance(SECONDS_5)
    assert await room.round() == "published"


async def test_while_the_database_is_away_for_ten_minutes_the_pages_stay_and_grow_old(room: Room) -> None:
    await room.round()
    before = room.standing
    room.truth.raises = ConnectionRefusedError("nobody listens")
    for turn in range(120):
        room.clock.advance(SECONDS_5)
        assert await room.round() == "database-away"
        now = room.standing
        assert (now.manifest, now.as_of, now.parts) == (before.manifest, before.as_of, before.parts)
        assert now.age_seconds == 1 + 5 * (turn + 1)
    room.truth.raises = None
    assert await room.round() == "beat"
    assert room.standing.age_seconds == 1


async def test_a_service_that_is_dead_makes_the_truth_old_though_the_database_answers(room: Room) -> None:
    room.truth.behind = timedelta(minutes=6)
    await room.round()
    assert room.standing.age_seconds == 360


async def test_a_page_that_cannot_be_rendered_leaves_the_others_and_makes_them_no_younger(room: Room) -> None:
    await room.round()
    room.pages.raises = ZeroDivisionError("a fault of ours")
    room.clock.advance(SECONDS_5)
    assert await room.round() == "not-rendered"
    assert room.standing.age_seconds == 6
    room.pages.raises = OSError("a template is not there")
    assert await room.round() == "not-rendered", "and is not called an absent database"
    room.pages.raises = None
    assert await room.round() == "beat"


async def test_a_service_that_has_never_said_how_far_it_is_makes_no_snapshot(room: Room) -> None:
    room.truth.raises = NothingRead("the planner has not said up to when it knows all facts: start it")
    assert await room.round() == "nothing-to-read"
    assert room.store.standing() is None


async def test_nobody_knows_facts_from_the_future(room: Room) -> None:
    room.truth.behind = timedelta(minutes=-10)
    await room.round()
    assert (room.standing.as_of, room.standing.age_seconds) == (AS_OF, 0.0)


async def test_a_full_disk_leaves_the_snapshot_before_and_the_next_round_with_room_goes_on(tmp_path: Path) -> None:
    disk = FullDisk(-1)
    room = Room(tmp_path, disk=disk)
    await room.round()
    before = room.standing
    room.truth.board = replace(room.truth.board, outages=())
    disk.at = disk.steps
    room.clock.advance(SECONDS_5)
    assert await room.round() == "not-written"
    assert room.standing == before
    disk.at, disk.full = -1, False
    assert await room.round() == "published"


async def test_two_renderers_in_one_folder_never_show_the_older_truth(tmp_path: Path) -> None:
    clock = ManualClock(AS_OF)
    ahead, behind = Room(tmp_path, clock), Room(tmp_path, clock)
    behind.truth.behind = timedelta(seconds=30)
    shown = []
    for turn in range(6):
        outcomes = (await ahead.round(), await behind.round())
        assert outcomes[1] == "older", turn
        shown.append(ahead.standing.as_of)
        clock.advance(SECONDS_5)
    assert shown == sorted(shown)
    for _ in range(7):
        clock.advance(SECONDS_5)
        last = await behind.round()
    assert last == "beat", "once the one ahead is dead for longer than the other is behind"


async def test_a_renderer_that_starts_anew_while_the_database_is_away_leaves_what_lies_there(tmp_path: Path) -> None:
    first = Room(tmp_path)
    await first.round()
    again = Room(tmp_path, first.clock)
    again.truth.raises = ConnectionRefusedError("nobody listens")
    assert await again.round() == "database-away"
    assert again.standing == first.standing


async def test_a_row_that_cannot_be_understood_ends_no_renderer_and_makes_the_pages_no_younger(room: Room) -> None:
    await room.round()
    room.truth.raises = KeyError("DJ-F-0312")
    room.clock.advance(SECONDS_5)
    assert await room.round() == "not-read"
    assert room.standing.age_seconds == 6
    room.truth.raises = None
    assert await room.round() == "beat"
