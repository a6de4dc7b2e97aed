"""Check objects against the API's schemas, Kubernetes' own and the operators'; unknown fields are refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]
import yaml

from deploy.verify.objects import Complaints, Object, where

VERSIONS = ("1.33.0", "1.37.0")
"""The oldest and the newest Kubernetes that the manifests are held to."""
CRDS = Path(__file__).parents[3] / "shared" / "crds"


class _Loader(yaml.CSafeLoader):
    """YAML as Go reads it: a bare `=` is a string."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


def core(objects: Sequence[Object]) -> Complaints:
    """What Kubernetes' own schemas say, in the oldest and the newest version; custom resources are left to `custom`."""
    texts = [json.dumps(one, sort_keys=True) for one in objects if not _is_custom(one)]
    return [complaint for text in texts for version in VERSIONS for complaint in _core(text, version)]


@cache  # the library reads its schemas again for each object, and the same object is judged for many overlays
def _core(text: str, version: str) -> tuple[str, ...]:
    one = json.loads(text)
    try:
        kubernetes_validate.validate(one, version, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        return (f"{where(one)}: Kubernetes {version} knows no {one['apiVersion']} {one['kind']}",)
    except kubernetes_validate.ValidationError as error:
        return (f"{where(one)}: Kubernetes {version}: {_path(error)}: {error.message}",)
    return ()


def custom(objects: Sequence[Object], folder: Path = CRDS) -> Complaints | None:
    """What the operators' schemas say of their resources; None where there are no such schemas at hand."""
    if not folder.is_dir():
        return None
    schemas = _custom_schemas(folder)
    found: Complaints = []
    for one in filter(_is_custom, objects):
        schema = schemas.get((one["apiVersion"], one["kind"]))
        if schema is None:
            found.append(f"{where(one)}: no operator serves {one['apiVersion']}; see {folder.name}/ for what is served")
            continue
        errors = jsonschema.Draft202012Validator(schema).iter_errors(one)
        found += [f"{where(one)}: {_path(error)}: {error.message[:300]}" for error in errors]
    return found


def _is_custom(one: Object) -> bool:
    group = str(one["apiVersion"]).rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")


def _path(error: Any) -> str:
    return ".".join(str(step) for step in error.absolute_path)


@cache
def _custom_schemas(folder: Path) -> dict[tuple[str, str], Object]:
    found = {}
    for file in sorted(folder.glob("*.yaml")):
        for crd in yaml.load_all(file.read_text(encoding="utf-8"), Loader=_Loader):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
            for version in crd["spec"]["versions"]:
                if version["served"]:
                    schema = _strict(version["schema"]["openAPIV3Schema"])
                    schema["properties"] |= {"apiVersion": True, "kind": True, "metadata": {"type": "object"}}
                    found[f"{group}/{version['name']}", kind] = schema
    return found


def _strict(schema: Any) -> Any:
    """An OpenAPI v3 schema as JSON Schema, in which an object with named properties has no others."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(value) for key, value in schema.items() if key not in ("properties", "default", "enum")}
    made |= {key: schema[key] for key in ("default", "enum") if key in schema}
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {name: _strict(value) for name, value in schema["properties"].items()}
        if schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    if schema.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made
