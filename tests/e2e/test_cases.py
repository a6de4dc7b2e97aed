"""Inputs that once failed, from public reports of other systems, played on a running one: tests/cases/*.json."""

import asyncio
from pathlib import Path

import pytest

from devstack.cases.__main__ import collect, run
from devstack.cases.play import CaseResult
from tests.kits.system.quick import Quick

CASES, _ = collect(Path(__file__).parents[1] / "cases")

pytestmark = pytest.mark.timeout(1_800)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CaseResult]:
    folder = tmp_path_factory.mktemp("cases")
    played = asyncio.run(run(CASES, folder, jobs=1, shared=True, make=Quick))
    return {verdict.name: verdict for verdict in played}


@pytest.mark.parametrize("name", [one.name for one in CASES])
def test_what_once_failed_comes_out_right(name: str, verdicts: dict[str, CaseResult]) -> None:
    assert verdicts[name].wrong == (), "\n".join(verdicts[name].wrong)
