"""What cannot be taken back asks back; where nobody can be asked, it says what to add."""

import io
from pathlib import Path

import pytest

from operations.errors import Refused
from outagectl.terminal.confirm import confirm
from tests.kits.ctl import Ctl

FOR_GOOD = [
    ("erase", "C-1", "--reason", "asked for it"),
    ("erase", "--reapply"),
    ("offsets", "skip", "outage.dispatch", "0", "7", "--reason", "unreadable"),
    ("republish", "--since", "2026-03-05"),
]


class Terminal(io.StringIO):
    """Somebody sits there and types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("words", FOR_GOOD, ids=lambda words: " ".join(words[:2]))
def test_what_cannot_be_taken_back_is_refused_where_nobody_can_be_asked(
    words: tuple[str, ...], ctl: Ctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, _, said = ctl.here(*words)
    assert code == 1
    assert "cannot be taken back" in said
    assert "add --yes" in said


@pytest.mark.parametrize("words", FOR_GOOD, ids=lambda words: " ".join(words[:2]))
def test_who_says_no_at_the_terminal_changes_nothing(
    words: tuple[str, ...], ctl: Ctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    code, _, said = ctl.here(*words)
    assert (code, "nothing was changed" in said) == (1, True)


@pytest.mark.parametrize("words", FOR_GOOD, ids=lambda words: " ".join(words[:2]))
def test_with_yes_it_asks_nobody_and_goes_on_to_the_system(
    words: tuple[str, ...], ctl: Ctl, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    code, _, said = ctl.here(*words, "--yes")
    assert (code, "nobody said" in said) == (4, True)


def test_who_says_yes_at_the_terminal_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    confirm("a thing is done", yes=False)
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    with pytest.raises(Refused, match="nothing was changed"):
        confirm("a thing is done", yes=False)
