"""What cannot be taken back asks back; where nobody can be asked, it says what to add."""

import io
from pathlib import Path

import pytest

from operations.errors import Refused
from outagectl.main import main
from outagectl.terminal.confirm import confirm

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
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "cannot be taken back" in said
    assert "add --yes" in said


@pytest.mark.parametrize("words", FOR_GOOD, ids=lambda words: " ".join(words[:2]))
def test_who_says_no_at_the_terminal_changes_nothing(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert main(words) == 1
    assert "nothing was changed" in capsys.readouterr().err


@pytest.mark.parametrize("words", FOR_GOOD, ids=lambda words: " ".join(words[:2]))
def test_with_yes_it_asks_nobody_and_goes_on_to_the_system(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    assert main([*words, "--yes"]) == 4
    assert "nobody said" in capsys.readouterr().err


def test_who_says_yes_at_the_terminal_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    confirm("a thing is done", yes=False)
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    with pytest.raises(Refused, match="nothing was changed"):
        confirm("a thing is done", yes=False)
