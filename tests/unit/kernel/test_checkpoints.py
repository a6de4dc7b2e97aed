"""Where a process dies by plan: at the n-th passing of a step, from its start or from when the plan is put down."""

import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

import pytest

from services.kernel.checkpoints import die_at

STEPS = """
import sys
from pathlib import Path
from services.kernel.checkpoints import die_at, reach
die_at(sys.argv[1])
for number in range(1, 6):
    if number == 3 and sys.argv[2]:
        Path(sys.argv[2]).write_text("taken:2")
    reach("other")
    print(number, flush=True)
    reach("taken")
"""


def passings(plan: str, file: str = "") -> tuple[int, list[str]]:
    """How a process ended, and which of five passings it came to."""
    ended = subprocess.run([sys.executable, "-c", STEPS, plan, file], capture_output=True, text=True, timeout=60)  # noqa: PLW1510 - how it ends is what is asked
    return ended.returncode, ended.stdout.split()


def test_a_process_dies_at_the_second_passing() -> None:
    assert passings("taken:2") == (-SIGKILL, ["1", "2"])


def test_a_plan_put_down_meanwhile_counts_from_then_and_goes_with_the_process(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    assert passings(f"@{plan}", str(plan)) == (-SIGKILL, ["1", "2", "3", "4"])
    assert not plan.exists(), "who comes back is not doomed again"


def test_without_a_plan_nobody_dies(tmp_path: Path) -> None:
    assert passings(f"@{tmp_path / 'plan'}") == (0, ["1", "2", "3", "4", "5"])


def test_a_plan_of_another_form_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match=r"is not step:n, e\.g\. after-append:3"):
        die_at("after-append")
