"""`python -m deploy.verify`: 0 all is well (or kubectl cannot be had here, said loudly), 1 complaints."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from deploy.verify import contract, links, safety, schemas
from deploy.verify.kubectl import NoKubectlError, RenderError, render
from deploy.verify.links import Expected
from deploy.verify.objects import Complaints, Object

K8S = Path(__file__).parents[1] / "k8s"
APPLIED = (K8S / "base", K8S / "overlays" / "example", K8S / "overlays" / "polling", K8S / "overlays" / "board")
"""Kustomizations that are the whole product."""
PREPARED = K8S / "prepare"
"""What the product stands on, for who has none: checked against the operators' schemas only."""


def expected_secrets(*, board: bool = False) -> Expected:
    """The Secrets an operator makes, as expected-secrets.yaml lists them; with the public board its own too."""
    listed: Expected = {}
    for folder in (K8S, *([K8S / "board"] if board else [])):
        listed |= yaml.safe_load((folder / "expected-secrets.yaml").read_text(encoding="utf-8"))
    return listed


def complaints(objects: list[Object]) -> Complaints:
    """What is wrong with the whole product as rendered."""
    found = schemas.core(objects)
    if found:
        return found  # the other rules take a sound shape for granted
    return [
        *(schemas.custom(objects) or ()),
        *safety.check(objects),
        *links.check(
            objects, expected_secrets(board=any(one["metadata"]["name"] == "board-renderer" for one in objects))
        ),
        *contract.check(objects),
    ]


def main() -> int:
    """Render and check everything; returns the exit code."""
    found: Complaints = []
    count = 0
    try:
        for folder in APPLIED:
            objects = render(folder)
            count += len(objects)
            found += [f"{folder.relative_to(K8S)}: {one}" for one in complaints(objects)]
        prepared = render(PREPARED)
        found += [f"prepare: {one}" for one in (*schemas.core(prepared), *(schemas.custom(prepared) or ()))]
    except NoKubectlError as error:
        _say(f"deploy: THE MANIFESTS WERE NOT CHECKED: there is no kubectl to render them: {error}")
        return 0
    except RenderError as error:
        found.append(str(error))
    for one in found:
        _say(f"deploy: {one}")
    if not schemas.CRDS.is_dir():
        _say("deploy: CUSTOM RESOURCES WERE NOT CHECKED: the operators' schemas are not there (../shared/crds)")
    if not found:
        versions = " and ".join(schemas.VERSIONS)
        sys.stdout.write(f"deploy: {count + len(prepared)} objects are sound for Kubernetes {versions}\n")
    return 1 if found else 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
