"""The collector does not hold the loop for what was there before the first record."""

import subprocess
import sys

ALONE = """
import gc
from services.kernel.pauses import settle
from services.restorer.app import Restorer
before = len(gc.get_objects())
frozen = settle()
print(before, frozen, len(gc.get_objects()))
"""


def test_what_a_process_starts_with_is_not_looked_at_again() -> None:
    # A process of its own: what is frozen stays so, and would here be all that the tests made.
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=120, check=True)
    before, frozen, left = map(int, done.stdout.split())
    assert frozen > 0.9 * before
    assert left < 0.1 * before
