"""Check every pod: Pod Security "restricted" and a little more, limits, images that stay what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deploy.verify.objects import Complaints, Object, Pod, of_kind, pods, where

QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
UNITS = {
    None: 1.0,
    "m": 1e-3,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
}
VOLUMES = {
    "name",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
HOST = ("hostNetwork", "hostPID", "hostIPC")


def check(objects: Sequence[Object]) -> Complaints:
    """Every pod, every container, and the namespaces they are in."""
    found: Complaints = []
    for one in of_kind(objects, "Namespace"):
        if one["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            found.append(f"{where(one)}: label pod-security.kubernetes.io/enforce must be restricted")
    for one in of_kind(objects, "Secret"):
        found.append(f"{where(one)}: no Secret belongs in a file; name its keys in expected-secrets.yaml")
    for pod in pods(objects):
        found += [f"{pod.owner}: {complaint}" for complaint in _pod(pod)]
    return found


def quantity(text: object) -> float | None:
    """A Kubernetes quantity as a number; None if it is none.

    >>> quantity("128Mi"), quantity("100m"), quantity("100mm")
    (134217728.0, 0.1, None)
    """
    match = QUANTITY.fullmatch(str(text))
    return float(match[1]) * UNITS[match[2]] if match else None


def _pod(pod: Pod) -> Complaints:
    spec, security = pod.spec, pod.spec.get("securityContext", {})
    found = [f"{key} must not be set" for key in HOST if spec.get(key)]
    if security.get("runAsNonRoot") is not True:
        found.append("securityContext.runAsNonRoot must be true")
    if not isinstance(security.get("runAsUser"), int) or not security["runAsUser"]:
        found.append("securityContext.runAsUser must be a number other than 0")
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("securityContext.seccompProfile must be RuntimeDefault")
    if spec.get("automountServiceAccountToken") is not False:
        found.append("automountServiceAccountToken must be false: nothing here talks to the API")
    if spec.get("enableServiceLinks") is not False:
        found.append("enableServiceLinks must be false: variables of other services are none of ours")
    found += _volumes(spec.get("volumes", ()))
    found += _lifetime(pod)
    for container in pod.containers:
        found += [f"container {container['name']}: {complaint}" for complaint in _container(container)]
    return found


def _volumes(volumes: Iterable[Object]) -> Complaints:
    found: Complaints = []
    for volume in volumes:
        found += [f"volume {volume['name']}: {kind} is not allowed" for kind in volume.keys() - VOLUMES]
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            found.append(f"volume {volume['name']}: emptyDir needs a sizeLimit")
    return found


def _lifetime(pod: Pod) -> Complaints:
    """A job ends, a service is started again and says whether it lives."""
    if pod.kind in ("Job", "CronJob") and pod.spec.get("restartPolicy") not in ("Never", "OnFailure"):
        return ["restartPolicy must be Never or OnFailure"]
    found: Complaints = []
    if pod.kind == "Deployment":
        if pod.spec.get("restartPolicy", "Always") != "Always":
            found.append("restartPolicy must be Always")
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            found += [f"container {one['name']} has no {probe}" for one in pod.spec["containers"] if probe not in one]
    return found


def _container(container: Object) -> Complaints:
    found: Complaints = []
    security = container.get("securityContext", {})
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    for key, value in wanted.items():
        if security.get(key) != value:
            found.append(f"securityContext.{key} must be {value}")
    # A container's own words beat its pod's.
    if security.get("privileged") or security.get("runAsUser") == 0 or security.get("runAsNonRoot") is False:
        found.append("securityContext takes back what the pod's says: neither root nor privileged")
    if security.get("seccompProfile", {}).get("type", "RuntimeDefault") != "RuntimeDefault":
        found.append("securityContext takes back the pod's seccompProfile")
    image = str(container.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    if "@sha256:" not in image and tag in ("", "latest"):
        found.append(f"image {image} must name a version or a digest")
    return found + _resources(container.get("resources", {}))


def _resources(resources: Object) -> Complaints:
    requests, limits = resources.get("requests", {}), resources.get("limits", {})
    found = [f"resources.{kind} lacks {name}" for kind, name in _NEEDED if name not in resources.get(kind, {})]
    for kind, given in (("requests", requests), ("limits", limits)):
        found += [
            f"resources.{kind}.{name}: {text} is no quantity" for name, text in given.items() if quantity(text) is None
        ]
    for name in requests.keys() & limits.keys():
        asked, most = quantity(requests[name]), quantity(limits[name])
        if asked is not None and most is not None and asked > most:
            found.append(f"resources: {name} asks for {requests[name]}, more than its limit {limits[name]}")
    return found


_NEEDED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"), ("limits", "ephemeral-storage"))
