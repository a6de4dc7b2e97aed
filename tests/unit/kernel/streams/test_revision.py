"""The revision says which code decides under which rules: the same everywhere, and another one after any edit."""

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.kernel.streams import revision
from services.kernel.streams.revision import ROOT, SHARED, revision_of
from tests.kits.kernel.toy import KettleDecider, Toy

SOURCE = "class Service:\n    name = 'made'\n    deciders = {}\n"
Made = Callable[[], Any]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[Path, Made]]:
    """A service in a package of its own, and how to load it as a new process would."""
    file = tmp_path / "made_service.py"
    file.write_text(SOURCE, encoding="utf-8")

    def load() -> Any:
        revision._code.cache_clear()
        spec = importlib.util.spec_from_file_location("made_service", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["made_service"] = module
        spec.loader.exec_module(module)
        return module.Service()

    yield file, load
    sys.modules.pop("made_service", None)
    revision._code.cache_clear()


class UnderRules(KettleDecider):
    """The same code under a policy."""

    def __init__(self, rules: str) -> None:
        self.rules = rules


def toy(rules: str) -> Toy:
    service = Toy()
    service.deciders = {"outage": UnderRules(rules)}
    return service


def test_the_same_code_under_the_same_rules_is_one_revision(made: tuple[Path, Made]) -> None:
    _, load = made
    assert revision_of(load()) == revision_of(load())
    assert revision_of(toy("cn 1")) == revision_of(toy("cn 1"))


def test_other_rules_are_another_revision() -> None:
    assert revision_of(toy("cn 1")) != revision_of(toy("cn 2"))


def test_any_edit_is_another_revision_and_taking_it_back_is_the_first_again(made: tuple[Path, Made]) -> None:
    file, load = made
    first = revision_of(load())
    file.write_text(SOURCE + "# a word more\n", encoding="utf-8")
    assert revision_of(load()) != first
    file.write_text(SOURCE, encoding="utf-8")
    assert revision_of(load()) == first


def test_a_new_file_beside_it_is_another_revision(made: tuple[Path, Made]) -> None:
    file, load = made
    first = revision_of(load())
    (file.parent / "more.py").write_text("", encoding="utf-8")
    assert revision_of(load()) != first


def test_an_edit_in_a_room_below_it_is_another_revision(made: tuple[Path, Made]) -> None:
    file, load = made
    room = file.parent / "domain" / "verdict"
    room.mkdir(parents=True)
    (room / "judge.py").write_text("DAYS = 7\n", encoding="utf-8")
    first = revision_of(load())
    (room / "judge.py").write_text("DAYS = 8\n", encoding="utf-8")
    assert revision_of(load()) != first


def test_the_rooms_of_the_kernel_are_in_every_revision() -> None:
    digested = {file.relative_to(ROOT).as_posix() for name in SHARED for file in revision._sources(ROOT / name)}
    assert {
        "services/kernel/model.py",
        "services/kernel/writing/decisions.py",
        "services/kernel/streams/log.py",
    } <= digested


def test_all_that_a_service_decides_with_is_in_its_revision() -> None:
    """A state kept by other code must not be taken for ours: whatever a service imports of ours is digested."""
    shared = {name.replace("/", ".") for name in SHARED}
    decided = ("planner", "restorer", "notifier", *(name.rpartition("/")[2] for name in SHARED if "/" in name))
    for package in decided:
        for file in (ROOT / "services" / package).rglob("*.py"):
            found = re.findall(r"^\s*from (schemas|services\.\w+)", file.read_text(), flags=re.MULTILINE)
            beyond = set(found) - shared - {f"services.{package}", "services.readmodels"}
            assert not beyond, f"{file.name} imports {beyond}, which no revision shows"
