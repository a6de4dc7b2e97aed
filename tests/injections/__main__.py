"""Play every injection at its full size and print the table: `python -m tests.injections [NUMBER …]`."""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter

import pytest

from tests.injections.catalogue import GROUPS, WHAT
from tests.injections.found import TESTS, numbered_tests

HERE = TESTS / "injections"
PASSED, FAILED, NONE = "passed", "FAILED", "no test"


@dataclass
class Results:
    """What became of the tests of each number; pytest tells it as a plugin."""

    numbers: dict[str, int] = field(default_factory=dict)
    outcomes: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    seconds: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    figures: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Which number each test has."""
        for item in items:
            if (mark := item.get_closest_marker("injection")) is not None:
                self.numbers[item.nodeid] = mark.args[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test's setup, call or end; what must hold after it is looked at in the end."""
        number = self.numbers.get(report.nodeid)
        if number is None:
            return
        self.seconds[number] += report.duration
        if report.failed:
            self.outcomes[number].append(FAILED)
        elif report.when == "call":
            self.figures[number] += [str(what) for name, what in report.user_properties if name == "figure"]
            self.outcomes[number].append("skipped" if report.skipped else PASSED)

    def of(self, number: int) -> str:
        """The result of one, in a word or two."""
        seen = self.outcomes[number]
        if not seen:
            return NONE
        failed = seen.count(FAILED)
        return f"{FAILED} {failed} of {len(seen)}" if failed else f"{seen.count(PASSED)} {PASSED}"


def table(results: Results, numbers: list[int]) -> list[str]:
    """A row for each: number, what is injected, where its tests are, result and seconds."""
    where: defaultdict[int | None, list[str]] = defaultdict(list)
    for test in numbered_tests():
        if (place := test.path.as_posix().removeprefix(f"{HERE.as_posix()}/")) not in where[test.number]:
            where[test.number].append(place)
    rows = []
    for group, of in GROUPS.items():
        wanted = [number for number in of if number in numbers]
        rows += [f"-- {group}"] if wanted else []
        for number in wanted:
            places = ", ".join(where[number]) or "-"
            spent = f"{results.seconds[number]:6.1f} s"
            rows.append(f"{number:>2}  {WHAT[number]:<78}  {places:<44}  {results.of(number):<14} {spent}")
            rows += [f"    {figure}" for figure in results.figures[number]]
    return rows


def main(arguments: list[str]) -> int:
    """Play these numbers, or all."""
    numbers = [int(one) for one in arguments] or list(WHAT)
    results, began = Results(), perf_counter()
    chosen = ["-k", " or ".join(f"test_{number:02}_" for number in numbers)] if arguments else []
    paths = sorted({test.path.as_posix() for test in numbered_tests() if test.number in numbers})
    code = int(pytest.main(["-p", "no:xdist", "-q", "-m", "injection", *chosen, *paths], plugins=[results]))
    print("\n".join(table(results, numbers)))  # noqa: T201 - what this is for
    print(f"{len(numbers)} injections, {perf_counter() - began:.0f} s")  # noqa: T201 - as above
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
