"""Each of the 58 ways in which sending is broken on purpose has a test that bears its number, by marker and by name."""

from tests.injections.catalogue import GROUPS, WHAT
from tests.injections.found import numbered_tests

ALL = range(1, 59)


def test_there_are_58_and_each_is_of_one_group() -> None:
    assert list(WHAT) == list(ALL)
    assert sorted(number for numbers in GROUPS.values() for number in numbers) == list(ALL)


def test_each_has_a_test() -> None:
    assert sorted(set(ALL) - {test.number for test in numbered_tests()}) == []


def test_marker_and_name_say_the_same_number() -> None:
    assert [test.where for test in numbered_tests() if test.number != test.named] == []
