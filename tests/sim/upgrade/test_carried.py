"""What one release writes down another reads, though its classes have other fields."""

import pickle
from dataclasses import dataclass

import pytest

from tests.sim.upgrade.carried import Fields, read, written


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
