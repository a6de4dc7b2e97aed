"""Ask how much processor time each part of a system has taken: what a storm costs, however busy the machine is otherwise."""

from collections import defaultdict
from collections.abc import Sequence

import psutil


def spent() -> dict[str, float]:
    """Seconds of all processes below this one, by what they are; of ended ones, too, where a parent still counts them."""
    found: defaultdict[str, float] = defaultdict(float)
    for process in psutil.Process().children(recursive=True):
        try:
            times, words = process.cpu_times(), process.cmdline()
        except psutil.Error:
            continue  # it has ended meanwhile
        found[_name(words)] += times.user + times.system + times.children_user + times.children_system
    return dict(found)


def since(before: dict[str, float]) -> dict[str, float]:
    """The same since then, whole seconds and more, most first."""
    found = {name: seconds - before.get(name, 0.0) for name, seconds in spent().items()}
    return {name: seconds for name, seconds in sorted(found.items(), key=lambda one: -one[1]) if seconds >= 1}


def _name(words: Sequence[str]) -> str:
    if "-m" in words:
        module = words[words.index("-m") + 1].split(".")
        return module[-1] if module[-1] != "simulator" else "provider"
    name = words[0].split("/")[-1].split(":")[0] if words else "?"
    return {"java": "kafka"}.get(name, name)
