"""What the operator is told: files, Secrets and commands are those that exist."""

import re
from pathlib import Path

import pytest

from deploy.verify.__main__ import expected_secrets
from outagectl.main import COMMANDS, main

ROOT = Path(__file__).parents[2]
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
OPTIONAL = {("twilio", "auth-token-next"), ("vault", "other-keys")}


def test_every_file_it_names_is_there() -> None:
    named = set(re.findall(r"(?:-k|-f) (deploy/\S+)", README)) - {"deploy/k8s/overlays/mine"}
    assert len(named) > 5
    assert {name for name in named if not (ROOT / name).exists()} == set()
    named = set(re.findall(r"`((?:k8s|image)/[\w./-]+)`", README)) - {"k8s/overlays/mine"}
    assert {name for name in named if not (ROOT / "deploy" / name).exists()} == set()


def test_it_makes_every_secret_with_every_key_that_is_expected() -> None:
    commands = README.replace("\\\n", " ")
    (roles,) = re.findall(r"for who in ([\w ]+);", commands)
    made = set()
    for line in commands.splitlines():
        match = re.search(r"-n outage-notice create secret generic (\S+) (.*)", line)
        if match is None:
            continue
        names = [match[1].replace("$who", role) for role in roles.split()] if "$who" in match[1] else [match[1]]
        keys = re.findall(r"--from-(?:literal|file)=([\w.-]+)", match[2])
        made |= {(name, key) for name in names for key in keys}
    assert made | OPTIONAL == {(name, key) for name, keys in expected_secrets(board=True).items() for key in keys}


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\boutagectl ((?:[a-z]+ ?){1,3})", README))))
def test_every_command_it_names_exists(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in line.split() if word not in ("planner", "heads.pem")]
    assert words[0] in COMMANDS
    assert main([*words, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out
