"""What these tests share: the manifests as rendered, and an installation made as the image's is."""

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
    """The Python of an installation by deploy/image/install.sh, the file by which the image is built."""
    prefix = tmp_path_factory.mktemp("image") / "outage"
    script = ROOT / "deploy" / "image" / "install.sh"
    done = subprocess.run(("sh", script, ROOT, prefix, sys.executable), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return prefix / "bin" / "python"
