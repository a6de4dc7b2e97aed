"""What one release writes down another reads, though its classes have other fields."""

import ast
import pickle
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import pytest

from tests.sim.upgrade.carried import MOVED, Fields, read, written
from tests.sim.upgrade.releases import KEPT

TOLD = ("tests/sim/city/workloads/", "tests/sim/city/plan/acts.py", "tests/sim/city/plan/registering.py")
"""Where a release has the acts of its stories."""


@dataclass(frozen=True, slots=True)
class Kettle:
    litres: float
    new_between: str = "steel"
    owner: tuple["Kettle", ...] = ()


def older(**values: object) -> bytes:
    return pickle.dumps([Fields(__name__, "Kettle", values)])


def test_a_value_is_the_same_again() -> None:
    value = {"kettles": [Kettle(1.5, "tin", (Kettle(0.5),))], "none": None}
    assert read(written(value)) == value


def test_a_field_that_came_later_has_its_default_and_one_that_went_is_left_out() -> None:
    assert read(older(litres=2.0, owner=(), colour="red")) == [Kettle(2.0)]


def test_a_new_field_without_a_default_is_no_guess() -> None:
    with pytest.raises(TypeError, match="litres"):
        read(older(owner=()))


def acts_of(release: str) -> Iterator[tuple[str, str]]:
    """Modules and names of what a kept release's stories are made of: classes that can be done."""
    with zipfile.ZipFile(KEPT[release]) as archive:
        for name in archive.namelist():
            if name.startswith(TOLD) and name.endswith(".py"):
                for node in ast.parse(archive.read(name)).body:
                    methods = {one.name for one in getattr(node, "body", ()) if isinstance(one, ast.AsyncFunctionDef)}
                    if isinstance(node, ast.ClassDef) and "do" in methods:
                        yield name.removesuffix(".py").replace("/", "."), node.name


@pytest.mark.parametrize("release", KEPT)
def test_whatever_a_kept_releases_story_is_made_of_is_still_found_wherever_it_lies_by_now(release: str) -> None:
    acts = list(acts_of(release))
    assert acts != []
    for module, name in acts:
        assert hasattr(import_module(MOVED.get(module, module)), name), f"{module}.{name}: add where it went to MOVED"
