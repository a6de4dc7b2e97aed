"""How long ago something was written is known only of what was seen to come."""

from datetime import timedelta
from pathlib import Path

from services.board.snapshot.store import SnapshotStore
from services.board.snapshot.watching import StandingWatch
from services.kernel.manual_clock import ManualClock
from tests.kits.board.snapshots import AS_OF, made, standing


def test_what_lies_there_at_the_first_look_has_no_age_and_what_comes_later_has(tmp_path: Path) -> None:
    store, of, clock = SnapshotStore(tmp_path), made(), ManualClock(AS_OF)
    store.publish(of.digest, of.manifest, of.bodies, standing(of))
    watch = StandingWatch(store, clock)
    first = watch.look()
    assert first is not None
    assert (first.standing, first.seconds) == (standing(of), None)
    clock.advance(timedelta(seconds=2))
    store.publish(of.digest, of.manifest, of.bodies, standing(of, 5))
    assert (seen := watch.look()) is not None
    assert seen.seconds == 0
    clock.advance(timedelta(seconds=7))
    assert (seen := watch.look()) is not None
    assert seen.seconds == 7


def test_the_first_snapshot_of_an_empty_folder_was_seen_to_come(tmp_path: Path) -> None:
    store, of, clock = SnapshotStore(tmp_path), made(), ManualClock(AS_OF)
    watch = StandingWatch(store, clock)
    assert watch.look() is None
    store.publish(of.digest, of.manifest, of.bodies, standing(of))
    assert (seen := watch.look()) is not None
    assert seen.seconds == 0
