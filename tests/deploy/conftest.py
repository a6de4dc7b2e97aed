"""What these tests share: the manifests as rendered, and an installation made as the image's is."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.verify.__main__ import K8S
from deploy.verify.kubectl import NoKubectlError, render

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def base() -> list[dict[str, Any]]:
    """The objects of deploy/k8s/base."""
    try:
        return render(K8S / "base")
    except NoKubectlError as error:
        pytest.skip(f"THE MANIFESTS WERE NOT CHECKED: there is no kubectl to render them: {error}")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an installation by deploy/image/install.sh, the file by which the image is built.

    The workers of a run share one: whoever comes first makes it, the others wait. What failed is tried again by the next.
    """
    base = tmp_path_factory.getbasetemp()
    place = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    prefix, whole = place / "image" / "outage", place / "image.whole"
    with (place / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            script = ROOT / "deploy" / "image" / "install.sh"
            words = ("sh", script, ROOT, prefix, sys.executable)
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-3000:]
            whole.touch()
    return prefix / "bin" / "python"
