"""Compare the manifests with the code: settings, ports, roles, commands, topics and what each pod may reach."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.verify.links import config_maps
from deploy.verify.objects import Complaints, Object, Pod, matches, namespace, of_kind, pods
from devstack.servers.topics import TopicSpec
from operations.system.location import DEFAULT_PARTITIONS
from outagectl.main import COMMANDS
from schemas.contracts import messages, receipts
from schemas.contracts.all_types import COMPACTED, TOPICS
from schemas.contracts.duty import tasks
from services.board.settings import BoardSettings, LoneFrontSettings, RendererSettings
from services.kernel.adapters.kafka import STOP_SECONDS
from services.kernel.running import hooks_for_tests
from services.kernel.running.settings import KernelSettings, ProcessSettings
from services.notifier.sending.sender import DRAIN_SECONDS
from services.notifier.settings import NotifierSettings

PREFIX = "OUTAGE_"
ROOT = Path(__file__).parents[2]
# What only production says of a topic: how many copies must have a record before it counts.
PRODUCTION = {"min.insync.replicas": "2"}
TWILIO = "OUTAGE_TWILIO_ACCOUNT_SID"
PROVIDERS = {TWILIO, "OUTAGE_SMS_GATEWAY_URL"}
# Topics on which stands what people were told, wrote back, or noted of their work: kept for as long as the texts themselves.
KEPT_AS_TEXTS = {messages.TOPIC, receipts.TOPIC, tasks.TOPIC}
SENDERS = {"OUTAGE_TWILIO_FROM", "OUTAGE_TWILIO_MESSAGING_SERVICE_SID"}
MODULE, COMMAND = "services", "outagectl"
POLLING = {COMMAND, "poll"}
BOARD, FRONT = "board", "--front"
HALVES: Mapping[str, type[ProcessSettings]] = {FRONT: LoneFrontSettings, "--render": RendererSettings}
READS_ITS_OWN_PAGES = "OUTAGE_BOARD_GATEWAY"
"""Who has it looks at the board by its public address."""

# Where commands and what they stand on may read the environment.
ROOMS = ("outagectl", "operations", "demo")


def check(objects: Sequence[Object]) -> Complaints:
    """Every pod and every topic."""
    found = topics(objects)
    for pod in pods(objects):
        given = environment(pod, objects)
        found += [f"{pod.owner}: {complaint}" for complaint in (*_pod(pod, given), *_reach(pod, given, objects))]
    return found


def topics(objects: Sequence[Object]) -> Complaints:
    """KafkaTopic objects against what the code declares, both ways."""
    declared = {one["metadata"]["name"]: one["spec"] for one in of_kind(objects, "KafkaTopic")}
    found = [f"KafkaTopic {name} is missing" for name in sorted(set(TOPICS) - declared.keys())]
    found += [f"KafkaTopic {name} is none of ours" for name in sorted(declared.keys() - set(TOPICS))]
    for name in sorted(declared.keys() & set(TOPICS)):
        wanted = TopicSpec(DEFAULT_PARTITIONS, compacted=name in COMPACTED, broker_time=True)
        spec = declared[name]
        if spec.get("partitions") != wanted.partitions:
            found.append(
                f"KafkaTopic {name} has {spec.get('partitions')} partitions, the code says {wanted.partitions}"
            )
        if spec.get("config") != (config := wanted.settings() | _kept(name) | PRODUCTION):
            found.append(f"KafkaTopic {name} has config {spec.get('config')}, the code says {config}")
    return found


def _kept(topic: str) -> dict[str, str]:
    """How long records of a topic are kept, where it is not for ever: as the setting of texts says by itself."""
    days: int = NotifierSettings.model_fields["text_days"].default
    return {"retention.ms": str(days * 86_400_000)} if topic in KEPT_AS_TEXTS else {}


def environment(pod: Pod, objects: Sequence[Object]) -> dict[str, str | None]:
    """The variables of a pod's container; None where a Secret holds the value. Optional Secret keys count as not given."""
    maps = {
        one["metadata"]["name"]: one.get("data", {})
        for one in of_kind(objects, "ConfigMap")
        if namespace(one) == pod.namespace
    }
    given: dict[str, str | None] = {}
    for name in config_maps(pod):
        given |= maps.get(name, {})
    for container in pod.containers:
        for one in container.get("env", ()):
            reference = one.get("valueFrom", {}).get("secretKeyRef", {})
            if not reference.get("optional"):
                given[one["name"]] = one.get("value")
    return given


@cache
def settings_of(service: str, half: str | None = None) -> type[ProcessSettings]:
    """The settings class a service reads: the most derived one its app module knows; of the board that of its half."""
    if service == BOARD:
        return HALVES.get(half or "", BoardSettings)
    app = import_module(f"services.{service}.app")
    kinds = [one for one in vars(app).values() if isinstance(one, type) and issubclass(one, KernelSettings)]
    return max(kinds, key=lambda kind: len(kind.__mro__))


def _pod(pod: Pod, given: Mapping[str, str | None]) -> Complaints:
    (container,) = pod.spec["containers"]
    words = container.get("args", [])
    if len(words) < 2 or words[0] != "-m":  # noqa: PLR2004 - `-m` and what
        return [f"args {words} must be -m services.NAME or -m outagectl COMMAND"]
    kind, _, service = words[1].partition(".")
    names = {one["name"] for one in container.get("env", ())} | given.keys()
    hooks = [
        f"{name} is a test hook: no pod may have it, unset it"
        for name in sorted({*hooks_for_tests.HOOKS, hooks_for_tests.MARK} & names)
    ]
    names -= {*hooks_for_tests.HOOKS, hooks_for_tests.MARK}
    if kind == COMMAND:
        return hooks + _command(words[2:], names)
    if kind != MODULE or service not in _services():
        return [f"args name no service: {words[1]}"]
    half = words[2] if len(words) > 2 else None  # noqa: PLR2004 - what stands behind `-m` and what
    found = hooks + _settings(service, half, names, given) + _ports(service, container, given) + _ending(pod)
    return found + (_without_secrets(pod) if half == FRONT else [])


def _without_secrets(pod: Pod) -> Complaints:
    """A front of the public board has nothing to give away."""
    variables = [
        one["name"]
        for container in pod.containers
        for one in container.get("env", ())
        if "secretKeyRef" in one.get("valueFrom", {})
    ]
    volumes = [one["name"] for one in pod.spec.get("volumes", ()) if "secret" in one]
    return [f"a front reads no Secret, and {name} is one" for name in (*variables, *volumes)]


def _services() -> list[str]:
    return sorted(file.parent.name for file in (ROOT / "services").glob("*/__main__.py"))


def _settings(service: str, half: str | None, names: set[str], given: Mapping[str, str | None]) -> Complaints:
    kind = settings_of(service, half)
    fields = {f"{PREFIX}{name}".upper(): (name, field) for name, field in kind.model_fields.items()}
    found = [
        f"{name} is no setting of {service}" for name in sorted(names) if name.startswith(PREFIX) and name not in fields
    ]
    found += [
        f"{name} is not given" for name, (_, field) in fields.items() if field.is_required() and name not in given
    ]
    values: dict[str, Any] = {
        fields[name][0]: value for name, value in given.items() if name in fields and value is not None
    }
    try:
        kind(**values)
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            if name in values:
                found.append(f"{PREFIX}{name.upper()}={values[name]!r} is wrong: {problem['msg']}")
    if "postgres_role" in kind.model_fields and given.get("OUTAGE_POSTGRES_ROLE") != f"outage_{service}":
        found.append(f"OUTAGE_POSTGRES_ROLE must be outage_{service}: each service works in a role of its own")
    if service == "notifier" and not PROVIDERS & given.keys():
        found.append(f"one of {' and '.join(sorted(PROVIDERS))} must be given: somebody must carry the texts")
    if service == "notifier" and TWILIO in given and len(SENDERS & given.keys()) != 1:
        found.append(f"exactly one of {' and '.join(sorted(SENDERS))} must be given: it says who the texts come from")
    if "OUTAGE_INSTANCE" in names:
        found.append("OUTAGE_INSTANCE must stay unset in a Deployment: see k8s/base/common/worker.yaml")
    return found


def _ports(service: str, container: Object, given: Mapping[str, str | None]) -> Complaints:
    ports = {port["name"]: str(port["containerPort"]) for port in container.get("ports", ())}
    name, variable = ("http", "OUTAGE_GATEWAY_PORT") if service == "gateway" else ("health", "OUTAGE_HTTP_PORT")
    found = []
    if ports.get(name) != given.get(variable):
        found.append(f"port {name} is {ports.get(name)}, but {variable} is {given.get(variable)}")
    if given.get("OUTAGE_HTTP_HOST") != "0.0.0.0":  # noqa: S104 - in a pod: its own address
        found.append("OUTAGE_HTTP_HOST must be 0.0.0.0, or no probe reaches it")
    return found


def _ending(pod: Pod) -> Complaints:
    (container,) = pod.spec["containers"]
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    needed = pause + DRAIN_SECONDS + STOP_SECONDS + 10
    grace = pod.spec.get("terminationGracePeriodSeconds", 30)
    return [f"terminationGracePeriodSeconds is {grace}; ending takes up to {needed:.0f} s"] if grace < needed else []


def _command(words: Sequence[str], names: set[str]) -> Complaints:
    if not words or words[0] not in COMMANDS:
        return [f"outagectl has no command {' '.join(words)}"]
    entry = COMMANDS[words[0]]
    found = []
    if entry.name == "app":
        group = getattr(import_module(entry.module), entry.name)
        verbs = {one.name or one.callback.__name__ for one in group.registered_commands}
        if len(words) < 2 or words[1] not in verbs:  # noqa: PLR2004 - group and verb
            found.append(f"outagectl {words[0]} has no command {' '.join(words[1:])}")
    return found + [f"{name} is read by no command" for name in sorted(names) if name not in _read_by_commands()]


@cache
def _read_by_commands() -> frozenset[str]:
    text = "".join(file.read_text(encoding="utf-8") for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    return frozenset(re.findall(r"OUTAGE_[A-Z_]+", text))


def _reach(pod: Pod, given: Mapping[str, str | None], objects: Sequence[Object]) -> Complaints:
    """What a pod is told to talk to, it must be allowed to; nobody but who sends texts or polls a list may reach the world."""
    rules = [
        rule
        for policy in of_kind(objects, "NetworkPolicy")
        if namespace(policy) == pod.namespace and matches(policy["spec"]["podSelector"], pod.labels)
        for rule in policy["spec"].get("egress", ())
    ]
    allowed = {port["port"] for rule in rules for port in rule.get("ports", ())}
    world = [rule for rule in rules if any("ipBlock" in peer for peer in rule.get("to", ({"ipBlock": {}},)))]
    found = []
    brokers = {int(one.rpartition(":")[2]) for one in (given.get("OUTAGE_KAFKA") or "").split(",") if one}
    if missing := brokers - allowed:
        found.append(f"no NetworkPolicy lets it reach Kafka on {sorted(missing)}")
    if "OUTAGE_POSTGRES" in given and 5432 not in allowed:  # noqa: PLR2004 - PostgreSQL's port
        found.append("no NetworkPolicy lets it reach PostgreSQL on 5432")
    outside = (
        bool((PROVIDERS | {READS_ITS_OWN_PAGES}) & given.keys()) or set(pod.containers[0].get("args", ())) >= POLLING
    )
    if bool(world) != outside:
        found.append(
            "who sends texts, polls a list or reads the public pages back, and nobody else, needs the way to the world"
        )
    if 53 not in allowed:  # noqa: PLR2004 - DNS
        found.append("no NetworkPolicy lets it ask for names (DNS)")
    denies = [one for one in of_kind(objects, "NetworkPolicy") if one["spec"]["podSelector"] == {}]
    if not any({"Ingress", "Egress"} <= set(one["spec"]["policyTypes"]) for one in denies):
        found.append("no NetworkPolicy denies what is not allowed")
    return found
