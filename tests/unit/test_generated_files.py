"""Files that commands write are marked as such, so that a review can fold them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MARKED = [
    line.split()[0] for line in (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines() if line[:1] != "#"
]


@pytest.mark.parametrize("pattern", MARKED)
def test_what_is_marked_as_generated_is_there(pattern: str) -> None:
    assert list(ROOT.glob(pattern)) != []


@pytest.mark.parametrize(
    "path",
    [
        "schemas/json/outage.started.v1.json",
        "schemas/examples/outage.started.v1.json",
        "schemas/asyncapi.yaml",
        "docs/openapi.json",
        "policies/schema.json",
        "requirements.lock",
        "deploy/image/requirements.lock",
    ],
)
def test_what_make_writes_is_marked(path: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    asked = ("git", "check-attr", "linguist-generated", path)
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    assert said.strip().endswith("linguist-generated: set")


def test_plans_that_people_wrote_are_not_marked() -> None:
    """schemas/examples/plans are samples kept by hand."""
    assert not any(path.parent.name == "plans" for pattern in MARKED for path in ROOT.glob(pattern))
