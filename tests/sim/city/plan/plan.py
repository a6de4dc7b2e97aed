"""A story as data: whom the city has, what is told and done, what befalls the system; any part can be left out by its name."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.registry.entry import RegistryEntry
from tests.sim.city.breaking.attacks import Attack
from tests.sim.city.plan.acts import Act, when

PROVIDER: Final = "provider"
"""The name under which the provider's faults are left out."""
PAUSE_SECONDS: Final = 60.0
"""After so long without anything the next chapter begins: all is whole and still before it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happens together; `begins`: seconds after the story began."""

    begins: float
    acts: tuple[Act, ...]
    attacks: tuple[Attack, ...]


@dataclass(frozen=True)
class Plan:
    """One seed's story. What is left out keeps its name, and so do all the others.

    `parts`: by workload, its acts in the order in which they are done.
    """

    seed: int
    customers: tuple[RegistryEntry, ...]
    parts: Mapping[str, tuple[Act, ...]]
    attacks: tuple[Attack, ...]
    provider_faults: float
    left_out: frozenset[str] = frozenset()

    def without(self, names: Collection[str]) -> "Plan":
        """The same with more left out.

        Raises:
            ValueError: there is no such name.

        """
        if unknown := set(names) - set(self.names()):
            raise ValueError(f"this story has no {', '.join(sorted(unknown))}: it has {', '.join(self.names())}")
        return replace(self, left_out=self.left_out | frozenset(names))

    def names(self) -> list[str]:
        """Of all that can be left out: workloads, outages (o1), attacks (a1), acts (f1), customers (c1)."""
        outages = {outage for _, outage, _, _ in self._acts() if outage}
        numbers = {"o": len(outages), "a": len(self.attacks), "f": len(list(self._acts())), "c": len(self.customers)}
        numbered = [f"{kind}{number}" for kind, most in numbers.items() for number in range(1, most + 1)]
        return [*self.parts, PROVIDER, *numbered]

    def present(self) -> list[str]:
        """Of all that has a number, what is still in the story."""
        left = self.acts()
        outages = [outage for _, outage, name, _ in self._acts() if outage and name in left]
        people = [f"c{n}" for n in range(1, len(self.customers) + 1) if f"c{n}" not in self.left_out]
        return [*dict.fromkeys(outages), *self.blows(), *people, *left]

    def _acts(self) -> Iterator[tuple[str, str, str, Act]]:
        """All, whatever is left out: workload, outage ("" for none), name, act."""
        outages: dict[str, str] = {}
        every = ((workload, act) for workload, acts in self.parts.items() for act in acts)
        for number, (workload, act) in enumerate(every, 1):
            outage = outages.setdefault(act.about, f"o{len(outages) + 1}") if act.about else ""
            yield workload, outage, f"f{number}", act

    def acts(self) -> dict[str, Act]:
        """By name, what is told and done, in order of time."""
        left = {
            name: act
            for workload, outage, name, act in self._acts()
            if self.left_out.isdisjoint((workload, outage, name))
        }
        return dict(sorted(left.items(), key=lambda one: one[1].at))

    def blows(self) -> dict[str, Attack]:
        """By name, what befalls the system, in order of time."""
        left = {f"a{n}": one for n, one in enumerate(self.attacks, 1) if f"a{n}" not in self.left_out}
        return dict(sorted(left.items(), key=lambda one: one[1].at))

    def people(self) -> tuple[RegistryEntry, ...]:
        """Whom the registry has at first."""
        return tuple(one for n, one in enumerate(self.customers, 1) if f"c{n}" not in self.left_out)

    @property
    def wrong(self) -> float:
        """How much of what the provider does goes wrong while the system is attacked, 0 to 1."""
        return 0.0 if PROVIDER in self.left_out else self.provider_faults

    def workloads(self) -> list[str]:
        """Those that have anything left in it."""
        return [name for name, acts in self.parts.items() if acts and name not in self.left_out]

    @property
    def until(self) -> float:
        """When the last thing happens that anybody has spoken of, in seconds after the story began."""
        return max((getattr(act, "until", act.at) for act in self.acts().values()), default=0.0)

    def chapters(self) -> list[Chapter]:
        """What lies closer together than a pause."""
        found: list[Chapter] = []
        both = [*self.acts().values(), *self.blows().values()]
        last = -PAUSE_SECONDS
        for one in sorted(both, key=lambda one: one.at):
            acts = () if isinstance(one, Attack) else (one,)
            attacks = (one,) if isinstance(one, Attack) else ()
            if one.at - last >= PAUSE_SECONDS:
                found.append(Chapter(one.at, acts, attacks))
            else:
                found[-1] = Chapter(found[-1].begins, found[-1].acts + acts, found[-1].attacks + attacks)
            last = one.at
        return found

    def lines(self, read: Sequence[tuple[float, str]] = ()) -> list[str]:
        """For a person: the city, then everything in order of time with its name. `read`: what customers read, and when."""
        rows = [(at, "", what) for at, what in read]
        rows += [(act.at, name, str(act)) for name, act in self.acts().items()]
        rows += [(blow.at, name, str(blow)) for name, blow in self.blows().items()]
        homes: defaultdict[str, list[str]] = defaultdict(list)
        for number, entry in enumerate(self.customers, 1):
            if f"c{number}" not in self.left_out:
                for line in entry.customer.own_lines or ("no line",):
                    homes[line].append(f"{entry.customer.customer_id} (c{number})")
        return [
            f"story {self.seed}: {', '.join(self.workloads())}",
            *(f"  {line}: {', '.join(who)}" for line, who in homes.items()),
            *([f"  the provider does {self.wrong:.0%} of all wrong while anything goes on"] if self.wrong else []),
            *(f"  {when(at):>8}  {name:>4}  {what}" for at, name, what in sorted(rows)),
        ]
