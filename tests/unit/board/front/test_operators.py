"""Telecom operators are known by their tokens, whose file may change any time."""

import hashlib
import os
from pathlib import Path

import pytest

from services.board.front.operators import OperatorTokens, OperatorTokensError, read_operator_tokens


def sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def entry(name: str, token: str) -> str:
    return f'[operator.{name}]\nsha256 = "{sha(token)}"\n'


def test_a_token_names_its_operator(tmp_path: Path) -> None:
    path = tmp_path / "operators.toml"
    path.write_text(entry("mobile-east", "east") + entry("mobile-west", "west"))
    operators = OperatorTokens(path)
    assert operators.of("west") == "mobile-west"
    assert operators.of("wrong") is None
    assert operators.of("") is None
    assert operators.of("\udcff") is None


def test_without_a_file_nobody_is_known() -> None:
    assert OperatorTokens(None).of("east") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[operator", "not TOML"),
        ("[token.x]", r"write \[operator.NAME\]"),
        ("operator = 1", r"write \[operator.NAME\]"),
        ('[operator.x]\nsha256 = "short"', "64 hex digits"),
        ("[operator.x]", "64 hex digits"),
        (f'[operator."../x"]\nsha256 = "{sha("a")}"', "plain name"),
        (entry("x", "same") + entry("y", "same"), "has the token of another"),
    ],
)
def test_a_wrong_file_says_what_is_expected(text: str, problem: str) -> None:
    with pytest.raises(OperatorTokensError, match=problem):
        read_operator_tokens(text)


def test_a_wrong_file_leaves_those_in_force_and_one_that_is_gone_takes_them_along(tmp_path: Path) -> None:
    path = tmp_path / "operators.toml"
    path.write_text(entry("mobile-east", "east"))
    operators = OperatorTokens(path)
    path.write_text("nonsense = [")
    os.utime(path, ns=(1, 1))
    operators.refresh()
    assert operators.of("east") == "mobile-east"
    path.unlink()
    operators.refresh()
    assert operators.of("east") is None
    path.write_text(entry("mobile-east", "new"))
    operators.refresh()
    assert operators.of("new") == "mobile-east"
