"""Read rendered objects into the form that the rules look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Complaints = list[str]
"""One line each: where, what is wrong, what to do. None: all is well."""


@dataclass(frozen=True)
class Pod:
    """A pod template with the object that makes pods of it."""

    owner: str
    kind: str
    name: str
    namespace: str
    labels: dict[str, str]
    spec: Object

    @property
    def containers(self) -> list[Object]:
        """Its containers, those that run first included."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def where(one: Object) -> str:
    """How an object is called in a complaint: Deployment planner."""
    return f"{one.get('kind')} {one.get('metadata', {}).get('name')}"


def of_kind(objects: Sequence[Object], *kinds: str) -> list[Object]:
    """The objects of these kinds."""
    return [one for one in objects if one.get("kind") in kinds]


def namespace(one: Object) -> str:
    """Where an object lives; `default` if it does not say."""
    return str(one["metadata"].get("namespace", "default"))


def pods(objects: Sequence[Object]) -> Iterator[Pod]:
    """Every pod template there is."""
    for one in of_kind(objects, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"):
        spec = one["spec"]
        if one["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        template = spec["template"]
        labels = template.get("metadata", {}).get("labels", {})
        yield Pod(where(one), one["kind"], one["metadata"]["name"], namespace(one), labels, template["spec"])


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels. Only matchLabels: nothing here uses expressions."""
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
