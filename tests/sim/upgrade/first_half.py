"""`python -m tests.sim.upgrade.first_half SEED ADDRESS FOLDER`: play the first half of a story, by whatever release is on the path.

What it leaves is written to FOLDER/half.pickle (halves.py).
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.sim.upgrade.carried import written
from tests.sim.upgrade.halves import play_first


def main(argv: Sequence[str]) -> None:
    """Play it and write it down."""
    logging.getLogger().setLevel(logging.CRITICAL)
    folder = Path(argv[2])
    (folder / "half.pickle").write_bytes(written(play_first(int(argv[0]), argv[1], folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
