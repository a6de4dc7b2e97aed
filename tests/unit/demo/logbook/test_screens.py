"""What people read stays as it is, letter by letter: every event in every shape, on every screen, and a whole log book."""

from tests.kits.screens import GOLDEN, screens


def test_every_screen_says_what_it_said() -> None:
    assert screens().splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()
