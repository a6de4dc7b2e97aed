"""A renderer that starts anew goes on from what the one before it showed."""

from pathlib import Path

from msgspec.structs import replace

from services.board.rendering.alone import rendering_of
from services.board.rendering.whole import WholeSite
from services.board.settings import RendererSettings
from services.board.snapshot.making import SnapshotMaker
from services.board.snapshot.store import SnapshotStore
from tests.kits.board import UTILITY, at, evening
from tests.kits.board.snapshots import standing

ALERT = "/o/DJ-F-0312.cap"


def test_its_alerts_refer_to_the_ones_that_were_shown_before_it_started(tmp_path: Path) -> None:
    board = evening()
    made = SnapshotMaker().make(WholeSite(UTILITY)(board))
    SnapshotStore(tmp_path).publish(made.digest, made.manifest, made.bodies, standing(made))
    later = replace(
        board,
        outages=(replace(board.outages[0], expected_at=at(5, 13), changed_at=at(5, 9, 19)), *board.outages[1:]),
    )
    given = {name: one.default for name, one in RendererSettings.model_fields.items() if not one.is_required()}
    settings = RendererSettings.model_construct(**{**given, "board_folder": tmp_path, "postgres": "postgresql:///none"})
    rendering = rendering_of(settings, UTILITY)
    assert b"<references>" in rendering(later)[ALERT].body
    assert b"<references>" not in WholeSite(UTILITY)(later)[ALERT].body
