"""The utility's own file: what must stand in it, and what is said where it does not."""

from pathlib import Path

import pytest

from services.board.utility import LANGUAGES, UtilityError, contrast, read_utility

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "devstack" / "conf" / "board.toml"


def with_lines(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = SAMPLE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "board.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_demos_city_has_a_whole_one() -> None:
    utility = read_utility(SAMPLE)
    assert [utility.named(language) for language in LANGUAGES] == ["东江供电公司", "Dongjiang Power"]
    assert utility.at("/n/DJ-P-0310").startswith("http")


def test_a_missing_heading_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UtilityError, match="policies"):
        read_utility(with_lines(tmp_path, ('policies = "https://www.example.com/policies"\n', "")))


def test_a_name_in_one_language_alone_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(UtilityError, match="missing in en"):
        read_utility(with_lines(tmp_path, (', en = "Dongjiang Power"', "")))


def test_a_key_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UtilityError, match="hotlin"):
        read_utility(with_lines(tmp_path, ("hotline =", "hotlin =")))


def test_a_colour_that_cannot_be_read_on_white_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UtilityError, match=r"contrast of 1\."):
        read_utility(with_lines(tmp_path, ("#0b5a8a", "#ffff00")))


def test_a_file_that_is_not_there_says_which_setting_names_it(tmp_path: Path) -> None:
    with pytest.raises(UtilityError, match="OUTAGE_BOARD_UTILITY"):
        read_utility(tmp_path / "none.toml")


def test_what_is_no_toml_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text("name = {", encoding="utf-8")
    with pytest.raises(UtilityError, match="not TOML"):
        read_utility(path)


@pytest.mark.parametrize(("colour", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54)])
def test_contrast_is_that_of_wcag(colour: str, ratio: float) -> None:
    assert contrast(colour) == pytest.approx(ratio, abs=0.01)
