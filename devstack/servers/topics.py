"""Make the declared topics once, compare them ever after, and never change one behind anyone's back."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

_TOPIC_ALREADY_EXISTS = 36  # the protocol's error code
_FOREVER = str(2**63 - 1)


class TopicMismatchError(Exception):
    """A topic exists, but not as it is declared."""


class TopicNotCreatedError(Exception):
    """The broker refused to make a topic, or did not show it in time."""


@dataclass(frozen=True)
class TopicSpec:
    """What a topic must be; `config` holds further Kafka topic settings, used at creation only.

    `broker_time`: the broker dates its records, and no sender's clock can. Not where the domain's clock is a simulated one.
    """

    partitions: int
    compacted: bool = False
    broker_time: bool = False
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def cleanup_policy(self) -> str:
        """Kafka's word for it."""
        return "compact" if self.compacted else "delete"

    def settings(self) -> dict[str, str]:
        """Topic settings, in full, so that they hold on any broker: simulated clocks are years away from its own."""
        return {
            "cleanup.policy": self.cleanup_policy,
            "retention.ms": "-1",
            **({"message.timestamp.type": "LogAppendTime"} if self.broker_time else {}),
            "message.timestamp.before.max.ms": _FOREVER,
            "message.timestamp.after.max.ms": _FOREVER,
            **self.config,
        }


async def create_topics(bootstrap: str, topics: Mapping[str, TopicSpec], *, patience: float = 30.0) -> list[str]:
    """Make the topics that do not exist yet and return their names once every partition has a leader.

    `patience` in seconds. Raises TopicMismatchError when one exists with other partitions or clean-up, before anything
    is made; TopicNotCreatedError; aiokafka's KafkaError when the broker does not answer.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await _compare(admin, topics, await _existing(admin))
        missing = {name: spec for name, spec in topics.items() if name not in await _existing(admin)}
        if missing:
            await _create(admin, missing)
            async with asyncio.timeout(patience):
                while not await _all_led(admin, missing):
                    await asyncio.sleep(0.05)
            # Another process may have made one of them in between, in another shape.
            await _compare(admin, missing, await _existing(admin))
        return list(missing)
    except TimeoutError:
        raise TopicNotCreatedError(
            f"The broker at {bootstrap} made {', '.join(topics)} but shows no leader for them."
        ) from None
    finally:
        await admin.close()


async def _existing(admin: AIOKafkaAdminClient) -> dict[str, int | None]:
    """Partitions by topic; None while one of them has no leader."""
    return {
        topic["topic"]: len(topic["partitions"]) if all(p["leader"] >= 0 for p in topic["partitions"]) else None
        for topic in await admin.describe_topics()
        if topic["partitions"]
    }


async def _all_led(admin: AIOKafkaAdminClient, names: Iterable[str]) -> bool:
    existing = await _existing(admin)
    return all(existing.get(name) is not None for name in names)


async def _compare(
    admin: AIOKafkaAdminClient, topics: Mapping[str, TopicSpec], existing: Mapping[str, int | None]
) -> None:
    shared = {name: spec for name, spec in topics.items() if existing.get(name) is not None}
    policies = await _cleanup_policies(admin, list(shared))
    complaints = [
        f"topic {name} has {existing[name]} partitions and cleanup.policy={policies[name]}, "
        f"declared are {spec.partitions} and {spec.cleanup_policy}"
        for name, spec in shared.items()
        if (existing[name], policies[name]) != (spec.partitions, spec.cleanup_policy)
    ]
    if complaints:
        raise TopicMismatchError(
            f"{'; '.join(complaints)}. A key's partition, and with it the order of its events, depends on the "
            "partition count, so it is never changed here. Use another Kafka or data folder, or change the declaration "
            "back."
        )


async def _cleanup_policies(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    # Keys alone cannot be asked for: aiokafka 0.14 sends a filter only as a dict and reads its keys.
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, configs={"cleanup.policy": ""}) for name in names]
    return {
        resource[3]: next(entry[1] for entry in resource[4] if entry[0] == "cleanup.policy")
        for response in await admin.describe_configs(asked)
        for resource in response.resources
    }


async def _create(admin: AIOKafkaAdminClient, missing: Mapping[str, TopicSpec]) -> None:
    # Replication -1 is the broker's own default; aiokafka accepts it only beside an assignment, even an empty one.
    wanted = [NewTopic(name, spec.partitions, -1, {}, spec.settings()) for name, spec in missing.items()]
    response = await admin.create_topics(wanted)
    for name, code, *message in response.topic_errors:
        if code not in (0, _TOPIC_ALREADY_EXISTS):
            error: type[KafkaError] = for_code(code)
            raise TopicNotCreatedError(f"Topic {name} was not made: {error.__name__} {' '.join(filter(None, message))}")
