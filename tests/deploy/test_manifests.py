"""The manifests as a cluster would get them, and the checks themselves: each kind of fault is found."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from deploy.verify import contract, schemas
from deploy.verify.__main__ import K8S, PREPARED, complaints
from deploy.verify.kubectl import render
from deploy.verify.objects import of_kind, pods

Object = dict[str, Any]
Objects = list[Object]


def test_the_base_is_sound(base: Objects) -> None:
    assert complaints(base) == []


def test_an_overlay_sets_image_addresses_and_numbers_and_is_sound(base: Objects) -> None:
    del base  # skips where there is no kubectl
    example = render(K8S / "overlays" / "example")
    assert complaints(example) == []
    # An overlay's `images:` that matches nothing is silent: the base's own name would stay.
    images = {container["image"] for pod in pods(example) for container in pod.containers}
    assert images == {"registry.utility.example/outage-notice@sha256:" + "0" * 64}
    replicas = {one["metadata"]["name"]: one["spec"]["replicas"] for one in of_kind(example, "Deployment")}
    assert replicas == {"planner": 2, "restorer": 2, "notifier": 3, "gateway": 3}


def test_a_poller_is_one_pod_with_a_volume_of_its_own_and_may_reach_its_list(base: Objects) -> None:
    assert not [one for one in base if one["metadata"]["name"] == "poller"], "nobody polls who did not ask for it"
    polling = render(K8S / "overlays" / "polling")
    assert complaints(polling) == []
    spec = _one(polling, "Deployment", "poller")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    pod = spec["template"]["spec"]
    volumes = {one["name"]: one for one in pod["volumes"]}
    (mounted,) = (one["mountPath"] for one in pod["containers"][0]["volumeMounts"] if one["name"] == "state")
    assert f"--state={mounted}/feed.json" in pod["containers"][0]["args"]
    assert volumes["state"]["persistentVolumeClaim"]["claimName"] == "poller"
    _one(polling, "NetworkPolicy", "poller")["spec"]["egress"].pop()
    assert any("needs the way to the world" in one for one in complaints(polling))


def test_a_front_of_the_board_has_no_database_no_broker_and_no_secret_and_reaches_the_renderer_alone(
    base: Objects,
) -> None:
    assert not [one for one in base if "board" in one["metadata"]["name"]], "nothing is public that nobody asked for"
    board = render(K8S / "overlays" / "board")
    assert complaints(board) == []
    spec = _one(board, "Deployment", "board-front")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    given = {one["name"] for one in container["env"]}
    assert not {name for name in given if "POSTGRES" in name or "KAFKA" in name or "TOKEN" in name}
    (egress,) = _one(board, "NetworkPolicy", "board-front")["spec"]["egress"]
    assert egress["ports"] == [{"port": "inner", "protocol": "TCP"}]
    container["env"].append(
        {"name": "OUTAGE_BOARD_OPERATORS", "valueFrom": {"secretKeyRef": {"name": "twilio", "key": "auth-token"}}}
    )
    assert any("a front reads no Secret" in one for one in complaints(board))


def test_only_the_renderer_of_the_board_tells_the_gateway_what_could_be_read(base: Objects) -> None:
    del base
    board = render(K8S / "overlays" / "board")
    rules = _one(board, "NetworkPolicy", "gateway")["spec"]["ingress"]
    pods_let_in = [
        peer["podSelector"]["matchLabels"] for rule in rules for peer in rule["from"] if "podSelector" in peer
    ]
    assert {"app.kubernetes.io/name": "board-renderer"} in pods_let_in
    _one(board, "Deployment", "board-renderer")["spec"]["template"]["spec"]["containers"][0]["env"].append(
        {"name": "OUTAGE_BORD_FOLDER", "value": "/x"}
    )
    assert any("OUTAGE_BORD_FOLDER is no setting of board" in one for one in complaints(board))


def test_what_the_product_stands_on_is_sound_for_the_operators(base: Objects) -> None:
    del base
    prepared = render(PREPARED)
    found = schemas.custom(prepared)
    if found is None:
        pytest.skip("CUSTOM RESOURCES WERE NOT CHECKED: the operators' schemas are not there (../shared/crds)")
    assert found == []
    assert schemas.core(prepared) == []


def test_every_service_has_a_deployment_and_an_account_a_budget_and_a_policy_of_its_own(base: Objects) -> None:
    for name in ("planner", "restorer", "notifier", "gateway"):
        kinds = {one["kind"] for one in base if one["metadata"]["name"] == name}
        assert {"Deployment", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"} <= kinds


def test_what_a_command_in_any_room_reads_is_known_to_the_check() -> None:
    files = [file for room in ("outagectl", "operations") for file in (contract.ROOT / room).rglob("*.py")]
    read = {name for file in files for name in re.findall(r"OUTAGE_[A-Z_]+", file.read_text(encoding="utf-8"))}
    assert "OUTAGE_OPERATOR" in read
    assert read <= contract._read_by_commands()


def test_no_manifest_holds_a_secret(base: Objects) -> None:
    assert of_kind(base, "Secret") == []


def _one(objects: Objects, kind: str, name: str) -> Object:
    (found,) = (one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name)
    return found


def _notifier(objects: Objects) -> Object:
    spec: Object = _one(objects, "Deployment", "notifier")["spec"]["template"]["spec"]
    return spec


def _main(objects: Objects) -> Object:
    container: Object = _notifier(objects)["containers"][0]
    return container


def _env(objects: Objects, name: str) -> Object:
    (found,) = (one for one in _main(objects)["env"] if one["name"] == name)
    return found


def _settings(objects: Objects, prefix: str) -> dict[str, str]:
    (found,) = (o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"].startswith(f"{prefix}-"))
    data: dict[str, str] = found["data"]
    return data


Fault = Callable[[Objects], object]
FAULTS: dict[str, tuple[Fault, str]] = {
    "a misspelt field": (lambda o: _main(o).update(livenessProb={}), "livenessProb"),
    "a number where text is due": (lambda o: _env(o, "OUTAGE_POSTGRES_ROLE").update(value=1), "not of type 'string'"),
    "an API that is gone": (
        lambda o: _one(o, "PodDisruptionBudget", "planner").update(apiVersion="policy/v1beta1"),
        "knows no policy/v1beta1",
    ),
    "a privileged container": (lambda o: _main(o)["securityContext"].update(privileged=True), "neither root nor"),
    "a root that can be written to": (
        lambda o: _main(o)["securityContext"].update(readOnlyRootFilesystem=False),
        "readOnlyRootFilesystem must be True",
    ),
    "no seccomp profile": (lambda o: _notifier(o)["securityContext"].pop("seccompProfile"), "seccompProfile must be"),
    "root": (lambda o: _notifier(o)["securityContext"].update(runAsNonRoot=False), "runAsNonRoot must be true"),
    "a token of the API": (lambda o: _notifier(o).update(automountServiceAccountToken=True), "automountServiceAccount"),
    "an image without a version": (lambda o: _main(o).update(image="outage-notice:latest"), "a version or a digest"),
    "a registry's port for a tag": (
        lambda o: _main(o).update(image="host:5000/outage-notice"),
        "a version or a digest",
    ),
    "no memory limit": (lambda o: _main(o)["resources"]["limits"].pop("memory"), "limits lacks memory"),
    "more asked for than allowed": (
        lambda o: _main(o)["resources"]["limits"].update(memory="1Mi"),
        "more than its limit 1Mi",
    ),
    "no quantity": (lambda o: _main(o)["resources"]["requests"].update(cpu="100mm"), "100mm is no quantity"),
    "a temporary folder without a limit": (
        lambda o: _notifier(o)["volumes"][0].update(emptyDir={}),
        "emptyDir needs a sizeLimit",
    ),
    "a folder of the node": (
        lambda o: _notifier(o)["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
        "hostPath is not allowed",
    ),
    "no liveness probe": (lambda o: _main(o).pop("livenessProbe"), "has no livenessProbe"),
    "a probe of a port that nobody opens": (
        lambda o: _main(o)["readinessProbe"]["httpGet"].update(port="web"),
        "asks port web",
    ),
    "a port other than the one set": (
        lambda o: _settings(o, "kernel").update(OUTAGE_HTTP_PORT="9090"),
        "port health is 8080, but OUTAGE_HTTP_PORT is 9090",
    ),
    "a selector that takes others": (
        lambda o: _one(o, "Deployment", "planner")["spec"].update(selector={"matchLabels": {"a": "b"}}),
        "must take its own pods",
    ),
    "a ConfigMap that nobody makes": (
        lambda o: _main(o)["envFrom"].append({"configMapRef": {"name": "ghost"}}),
        "ConfigMap ghost does not exist",
    ),
    "a Secret that nobody makes": (
        lambda o: _env(o, "OUTAGE_VAULT_KEY")["valueFrom"]["secretKeyRef"].update(key="kye"),
        "Secret vault/kye is not in expected-secrets.yaml",
    ),
    "a Secret that nothing reads": (
        lambda o: _main(o)["env"].remove(_env(o, "OUTAGE_VAULT_KEY")),
        "nothing reads vault/key",
    ),
    "a Secret in a file": (
        lambda o: o.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vault"}, "data": {}}),
        "no Secret belongs in a file",
    ),
    "an account that is not there": (
        lambda o: _notifier(o).update(serviceAccountName="x"),
        "ServiceAccount x does not",
    ),
    "a mount of no volume": (
        lambda o: _main(o)["volumeMounts"].append({"name": "data", "mountPath": "/data"}),
        "mounts data, which is no volume",
    ),
    "a budget with two bounds": (
        lambda o: _one(o, "PodDisruptionBudget", "planner")["spec"].update(minAvailable=1),
        "either minAvailable or maxUnavailable",
    ),
    "a budget for nobody": (
        lambda o: _one(o, "PodDisruptionBudget", "planner")["spec"].update(selector={"matchLabels": {"a": "b"}}),
        "its selector takes no pod",
    ),
    "a service to a port that is not there": (
        lambda o: _one(o, "Service", "gateway")["spec"]["ports"][0].update(targetPort="web"),
        "port web is none that its pods name",
    ),
    "a setting that no service knows": (
        lambda o: _settings(o, "notifier").update(OUTAGE_HOTLNE="95598"),
        "OUTAGE_HOTLNE is no setting of notifier",
    ),
    "a setting that is wrong": (lambda o: _settings(o, "kernel").update(OUTAGE_ZONE="Asia/Beijing"), "no such time"),
    "a setting left out": (lambda o: _settings(o, "kernel").pop("OUTAGE_KAFKA"), "OUTAGE_KAFKA is not given"),
    "texts that come from nobody": (
        lambda o: _main(o)["env"].remove(_env(o, "OUTAGE_TWILIO_MESSAGING_SERVICE_SID")),
        "exactly one of OUTAGE_TWILIO_FROM and",
    ),
    "a name for a pod that has none": (
        lambda o: _main(o)["env"].append({"name": "OUTAGE_INSTANCE", "value": "notifier-0"}),
        "OUTAGE_INSTANCE must stay unset",
    ),
    "a clock that somebody else drives": (
        lambda o: _settings(o, "kernel").update(OUTAGE_CLOCK_FILE="/tmp/clock"),  # noqa: S108 - a fault is what it is
        "OUTAGE_CLOCK_FILE is a test hook",
    ),
    "a service that dies when told": (
        lambda o: _main(o)["env"].append({"name": "OUTAGE_DIE_AT", "value": "before-commit"}),
        "OUTAGE_DIE_AT is a test hook",
    ),
    "a command whose clock somebody else drives": (
        lambda o: _one(o, "Job", "migrate")["spec"]["template"]["spec"]["containers"][0]["env"].append(
            {"name": "OUTAGE_CLOCK_FILE", "value": "/clock"}
        ),
        "migrate: OUTAGE_CLOCK_FILE is a test hook",
    ),
    "the mark of a local stack": (
        lambda o: _main(o)["env"].append({"name": "OUTAGE_LOCAL_STACK", "value": "1"}),
        "OUTAGE_LOCAL_STACK is a test hook",
    ),
    "another service's role": (
        lambda o: _env(o, "OUTAGE_POSTGRES_ROLE").update(value="outage_planner"),
        "must be outage_notifier",
    ),
    "a service that is not there": (lambda o: _main(o).update(args=["-m", "services.notifer"]), "args name no service"),
    "a command that is not there": (
        lambda o: _one(o, "Job", "migrate")["spec"]["template"]["spec"]["containers"][0].update(
            args=["-m", "outagectl", "migrat"]
        ),
        "outagectl has no command migrat",
    ),
    "too little time to end": (
        lambda o: _notifier(o).update(terminationGracePeriodSeconds=5),
        "ending takes up to",
    ),
    "a topic of another width": (
        lambda o: _one(o, "KafkaTopic", "outage.dispatch")["spec"].update(partitions=6),
        "has 6 partitions, the code says 12",
    ),
    "a topic that forgets": (
        lambda o: _one(o, "KafkaTopic", "outage.dispatch")["spec"]["config"].update({"retention.ms": "1"}),
        "KafkaTopic outage.dispatch has config",
    ),
    "a topic left out": (lambda o: o.remove(_one(o, "KafkaTopic", "outage.audience")), "outage.audience is missing"),
    "a way to the world for who does not send": (
        lambda o: _one(o, "NetworkPolicy", "planner")["spec"]["egress"].append(
            {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}
        ),
        "needs the way to the world",
    ),
    "no way to Kafka": (
        lambda o: _settings(o, "kernel").update(OUTAGE_KAFKA="kafka.internal:9094"),
        "lets it reach Kafka on [9094]",
    ),
    "no way to names": (lambda o: o.remove(_one(o, "NetworkPolicy", "dns")), "lets it ask for names"),
    "nothing denied": (lambda o: o.remove(_one(o, "NetworkPolicy", "default-deny")), "denies what is not allowed"),
    "a namespace without Pod Security": (
        lambda o: _one(o, "Namespace", "outage-notice")["metadata"].pop("labels"),
        "must be restricted",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, base: Objects) -> None:
    spoil, words = FAULTS[fault]
    objects = deepcopy(base)
    spoil(objects)
    found = complaints(objects)
    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("field", "value"),
    [("partitions", "12"), ("partition", 12), ("config", "retention.ms=-1")],
)
def test_a_resource_that_its_operator_would_refuse_is_found(field: str, value: object, base: Objects) -> None:
    objects = [deepcopy(_one(base, "KafkaTopic", "outage.dispatch"))]
    objects[0]["spec"][field] = value
    found = schemas.custom(objects)
    if found is None:
        pytest.skip("CUSTOM RESOURCES WERE NOT CHECKED: the operators' schemas are not there (../shared/crds)")
    assert found
    assert field in found[0]


def test_a_version_that_no_operator_serves_is_found(base: Objects) -> None:
    old = deepcopy(_one(base, "KafkaTopic", "outage.dispatch")) | {"apiVersion": "kafka.strimzi.io/v1beta2"}
    found = schemas.custom([old])
    if found is None:
        pytest.skip("CUSTOM RESOURCES WERE NOT CHECKED: the operators' schemas are not there (../shared/crds)")
    assert found == [
        "KafkaTopic outage.dispatch: no operator serves kafka.strimzi.io/v1beta2; see crds/ for what is served"
    ]
