"""Check that every name in an object leads somewhere, and that every selector takes what it is meant to take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from deploy.verify.objects import Complaints, Object, Pod, matches, namespace, pods, where

NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

Expected = Mapping[str, Mapping[str, str]]
"""Secrets an operator makes: name → key → what it is."""


def check(objects: Sequence[Object], expected: Expected) -> Complaints:
    """All references between the objects, and to the Secrets that `expected` lists."""
    found = [f"{where(one)}: no such name is allowed" for one in objects if not NAME.fullmatch(one["metadata"]["name"])]
    seen = [(one["apiVersion"], one["kind"], namespace(one), one["metadata"]["name"]) for one in objects]
    found += [f"{kind} {name}: stands twice" for _, kind, _, name in {key for key in seen if seen.count(key) > 1}]
    all_pods = list(pods(objects))
    for pod in all_pods:
        found += [f"{pod.owner}: {complaint}" for complaint in _pod(pod, objects, expected)]
    used = {(name, key) for pod in all_pods for name, key, _ in _secret_keys(pod)}
    found += [
        f"expected-secrets.yaml: nothing reads {name}/{key}: remove it there"
        for name, keys in expected.items()
        for key in keys
        if (name, key) not in used
    ]
    return found + list(chain.from_iterable(_selecting(one, all_pods) for one in objects))


def _pod(pod: Pod, objects: Sequence[Object], expected: Expected) -> Complaints:
    here = {(one["kind"], one["metadata"]["name"]) for one in objects if namespace(one) == pod.namespace}
    found: Complaints = []
    if ("ServiceAccount", account := pod.spec.get("serviceAccountName", "default")) not in here:
        found.append(f"ServiceAccount {account} does not exist: give each its own")
    found += [f"ConfigMap {name} does not exist" for name in config_maps(pod) if ("ConfigMap", name) not in here]
    for name, key, _ in _secret_keys(pod):
        if key not in expected.get(name, {}):
            found.append(f"Secret {name}/{key} is not in expected-secrets.yaml: nobody would make it")
    volumes = {one["name"] for one in pod.spec.get("volumes", ())}
    mounted: set[str] = set()
    for container in pod.containers:
        mounts = {one["name"] for one in container.get("volumeMounts", ())}
        mounted |= mounts
        found += [f"container {container['name']} mounts {name}, which is no volume" for name in mounts - volumes]
        ports = {one["name"] for one in container.get("ports", ())}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            port = container.get(probe, {}).get("httpGet", {}).get("port")
            if port is not None and port not in ports:
                found.append(f"{probe} asks port {port}, which container {container['name']} does not name")
    return found + [f"volume {name} is mounted nowhere" for name in volumes - mounted]


def config_maps(pod: Pod) -> list[str]:
    """The ConfigMaps a pod takes its environment or files from."""
    names = [
        source["configMapRef"]["name"]
        for container in pod.containers
        for source in container.get("envFrom", ())
        if "configMapRef" in source
    ]
    return names + [one["configMap"]["name"] for one in pod.spec.get("volumes", ()) if "configMap" in one]


def _secret_keys(pod: Pod) -> Iterator[tuple[str, str, bool]]:
    """(Secret, key, optional) for each that a pod reads, as variable or as file."""
    for container in pod.containers:
        for one in container.get("env", ()):
            if ref := one.get("valueFrom", {}).get("secretKeyRef"):
                yield ref["name"], ref["key"], bool(ref.get("optional"))
        for source in container.get("envFrom", ()):
            if "secretRef" in source:
                yield source["secretRef"]["name"], "*", bool(source["secretRef"].get("optional"))
    for volume in pod.spec.get("volumes", ()):
        if "secret" in volume:
            for item in volume["secret"].get("items", [{"key": "*"}]):
                yield volume["secret"]["secretName"], item["key"], bool(volume["secret"].get("optional"))


def _selecting(one: Object, all_pods: Sequence[Pod]) -> Complaints:
    here = [pod for pod in all_pods if pod.namespace == namespace(one)]
    spec = one.get("spec", {})
    match one["kind"]:
        case "Deployment":
            labels = spec["template"].get("metadata", {}).get("labels", {})
            taken = [pod for pod in here if matches(spec["selector"], pod.labels)]
            if not matches(spec["selector"], labels) or len(taken) != 1:
                return [f"{where(one)}: its selector must take its own pods and no others"]
        case "PodDisruptionBudget":
            if ("minAvailable" in spec) == ("maxUnavailable" in spec):
                return [f"{where(one)}: give either minAvailable or maxUnavailable"]
            return _takes(one, spec["selector"], here)
        case "Service":
            taken = [pod for pod in here if matches({"matchLabels": spec["selector"]}, pod.labels)]
            ports = {port.get("targetPort", port["port"]) for port in spec["ports"]}
            return _takes(one, {"matchLabels": spec["selector"]}, here) + _named(one, ports, taken)
        case "NetworkPolicy":
            taken = [pod for pod in here if matches(spec["podSelector"], pod.labels)]
            ports = {port["port"] for rule in spec.get("ingress", ()) for port in rule.get("ports", ())}
            return _takes(one, spec["podSelector"], here) + _named(one, ports, taken)
    return []


def _takes(one: Object, selector: Object, here: Sequence[Pod]) -> Complaints:
    return [] if any(matches(selector, pod.labels) for pod in here) else [f"{where(one)}: its selector takes no pod"]


def _named(one: Object, ports: set[object], taken: Sequence[Pod]) -> Complaints:
    named = {port["name"] for pod in taken for container in pod.containers for port in container.get("ports", ())}
    return [f"{where(one)}: port {port} is none that its pods name" for port in ports if port not in named]
