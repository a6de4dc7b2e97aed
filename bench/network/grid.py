"""A grid of any size: lines of transformers and usage points, each line from its own busbar, with a tie to the next."""

from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.contracts.network import Feed, ModelRef, NetworkElement, SwitchBetween

EDITION = ModelRef(model_id="bench", date=datetime(2026, 3, 1, tzinfo=UTC))
POINTS_OF_TRANSFORMER = 50


def line_name(number: int) -> str:
    """What the n-th line is called."""
    return f"10千伏测试{number}线"


def element(element_id: str, kind: str, *fed: Feed, name: str = "") -> NetworkElement:
    """One element of the edition."""
    return NetworkElement(element_id=element_id, kind=kind, name=name or element_id, fed_from=fed, model=EDITION)  # type: ignore[arg-type]


def grid(points: int, of_line: int) -> Iterator[NetworkElement]:
    """`points` usage points, `of_line` on each line."""
    lines = max(1, points // of_line)
    for line in range(lines):
        yield element(f"SS{line}", "substation")
        yield element(f"L{line}", "line", _switched(f"SS{line}", f"head{line}"), name=line_name(line))
        for number in range(of_line // POINTS_OF_TRANSFORMER):
            transformer, ways = f"T{line}-{number}", [Feed(element_id=f"L{line}")]
            if lines > 1 and number % 10 == 0:
                ways.append(_switched(f"L{(line + 1) % lines}", f"tie{line}-{number}", open_=True))
            yield element(transformer, "transformer", *ways)
            for point in range(POINTS_OF_TRANSFORMER):
                yield element(f"P{line}-{number}-{point}", "usagePoint", Feed(element_id=transformer))


def _switched(source: str, switch: str, *, open_: bool = False) -> Feed:
    return Feed(element_id=source, through=(SwitchBetween(switch=switch, normally="open" if open_ else "closed"),))
