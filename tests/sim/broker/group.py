"""Coordinate a consumer group as the broker does: members, generations, sessions, committed offsets."""

import asyncio
import contextvars
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError

from services.kernel.model import TopicPartition

SESSION_SECONDS: Final = 10.0
REBALANCE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Joined:
    """What a member is told when a generation begins."""

    member: str
    generation: int
    places: Sequence[TopicPartition]


@dataclass(slots=True)
class _Member:
    id: str
    instance: str | None
    topics: Sequence[str]
    places: Sequence[TopicPartition] = ()
    joining: asyncio.Future[Joined] | None = None
    session: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether it has asked to be part of the generation that is being made."""
        return self.joining is not None and not self.joining.done()


@dataclass(slots=True)
class Group:
    """One group. Its timers are the broker's: a node that stands still is found out."""

    name: str
    partitions_of: Callable[[str], Sequence[int] | None]
    random: random.Random
    context: contextvars.Context
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    generation: int = 0
    _members: dict[str, _Member] = field(default_factory=dict)
    _stable: bool = True
    _deadline: asyncio.TimerHandle | None = None
    _shared: Mapping[str, Sequence[int] | None] = field(default_factory=dict)

    @property
    def assignment(self) -> Mapping[str, Sequence[TopicPartition]]:
        """Who reads what, by instance or member, as the broker sees it."""
        return {member.instance or member.id: member.places for member in self._members.values()}

    @property
    def topics(self) -> set[str]:
        """What its members read."""
        return {topic for member in self._members.values() for topic in member.topics}

    def join(self, member_id: str, instance: str | None, topics: Sequence[str]) -> asyncio.Future[Joined]:
        """Become, or stay, a member (`member_id` empty: a new one). Answers once the next generation is made.

        Raises:
            UnknownMemberIdError: it is no member any more.

        """
        answer: asyncio.Future[Joined] = asyncio.get_running_loop().create_future()
        same = next((m for m in self._members.values() if instance and m.instance == instance), None)
        if member_id and member_id not in self._members:
            raise UnknownMemberIdError(f"{member_id} is no member of {self.name}")
        if same is not None and same.id != member_id:
            member = self._replace(same)
            if self._stable:
                # Under its name it gets what it had, whatever it reads now, and nobody else notices.
                self._hear(member)
                answer.set_result(Joined(member.id, self.generation, member.places))
                return answer
        elif member_id:
            member = self._members[member_id]
            if self._stable:
                # It asks again because the answer was lost.
                answer.set_result(Joined(member.id, self.generation, member.places))
                return answer
        else:
            member = _Member(self._new_id(instance), instance, topics)
            self._members[member.id] = member
        member.joining, member.topics = answer, topics
        self.rebalance()
        return answer

    def heartbeat(self, member_id: str, generation: int) -> None:
        """Say that this member lives.

        Raises:
            UnknownMemberIdError: its session ended, or another came under its name.
            IllegalGenerationError: the others went on without it.
            RebalanceInProgressError: it must give up its partitions and join again.

        """
        member = self._known(member_id, generation)
        self._hear(member)
        if not self._stable:
            raise RebalanceInProgressError(f"{self.name} shares its partitions out anew")

    def commit(self, member_id: str, generation: int, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep where this member stands.

        Raises:
            UnknownMemberIdError, IllegalGenerationError: as for `heartbeat`.

        """
        self._hear(self._known(member_id, generation))
        self.offsets.update(offsets)

    def leave(self, member_id: str) -> None:
        """End the membership; unknown members are none already."""
        if member := self._members.pop(member_id, None):
            self._forget(member)

    def look(self) -> None:
        """Share the partitions out again if there are others now."""
        if self._members and self._shared != self._shown():
            self.rebalance()

    def hear_all(self) -> None:
        """Begin every session anew, as a coordinator does that has just started."""
        for member in self._members.values():
            self._hear(member)

    def _known(self, member_id: str, generation: int) -> _Member:
        if member_id not in self._members:
            raise UnknownMemberIdError(f"{member_id} is no member of {self.name}")
        if generation != self.generation:
            raise IllegalGenerationError(f"{self.name} is at generation {self.generation}, not {generation}")
        return self._members[member_id]

    def _new_id(self, instance: str | None) -> str:
        return f"{instance or self.name}-{self.random.getrandbits(64):016x}"

    def _replace(self, member: _Member) -> _Member:
        del self._members[member.id]
        if member.waits:
            cast("asyncio.Future[Joined]", member.joining).set_exception(UnknownMemberIdError("another has its name"))
        member.id, member.joining = self._new_id(member.instance), None
        self._members[member.id] = member
        return member

    def _hear(self, member: _Member) -> None:
        if member.session is not None:
            member.session.cancel()
        member.session = self._later(SESSION_SECONDS, lambda: self._expire(member))

    def _later(self, seconds: float, work: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, work, context=self.context)

    def _expire(self, member: _Member) -> None:
        if member.waits:
            self._hear(member)
        elif self._members.pop(member.id, None):
            self._forget(member)

    def _forget(self, member: _Member) -> None:
        if member.session is not None:
            member.session.cancel()
        if member.waits:
            cast("asyncio.Future[Joined]", member.joining).set_exception(UnknownMemberIdError("it has left"))
        if self._members:
            self.rebalance()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline, self._stable = None, True

    def rebalance(self) -> None:
        """Have all members give up their partitions and join again."""
        if self._stable:
            self._stable = False
            self._deadline = self._later(REBALANCE_SECONDS, self._in_time)
        if all(member.waits for member in self._members.values()):
            self._begin()

    def _in_time(self) -> None:
        """Go on without the dynamic members that did not join; static ones keep their share until their session ends."""
        late = [m for m in self._members.values() if not m.waits and m.instance is None]
        for member in late:
            del self._members[member.id]
            if member.session is not None:
                member.session.cancel()
        if any(member.waits for member in self._members.values()):
            self._begin()
        elif self._members:
            self._deadline = self._later(REBALANCE_SECONDS, self._in_time)
        else:
            self._stable = True

    def _begin(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self.generation += 1
        self._stable = True
        shares, self._shared = self._shares(), self._shown()
        for member in self._members.values():
            member.places = shares[member.id]
            self._hear(member)
            if member.waits:
                answer = Joined(member.id, self.generation, member.places)
                cast("asyncio.Future[Joined]", member.joining).set_result(answer)

    def _shown(self) -> Mapping[str, Sequence[int] | None]:
        return {topic: self.partitions_of(topic) for topic in sorted(self.topics)}

    def _shares(self) -> Mapping[str, Sequence[TopicPartition]]:
        assignor = RoundRobinPartitionAssignor
        wishes = {member.id: assignor.metadata(member.topics) for member in self._members.values()}
        shares = assignor.assign(cast("Any", _Cluster(self.partitions_of)), wishes)
        return {member: sorted(_places(share.assignment)) for member, share in shares.items()}


@dataclass(frozen=True, slots=True)
class _Cluster:
    """What the assignor asks of the cluster."""

    partitions_of: Callable[[str], Sequence[int] | None]

    def partitions_for_topic(self, topic: str) -> Sequence[int] | None:
        return self.partitions_of(topic)


def _places(share: Iterable[tuple[str, Iterable[int]]]) -> list[TopicPartition]:
    return [(topic, number) for topic, numbers in share for number in numbers]
