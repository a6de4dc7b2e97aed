"""Lay out the plots of a page: bars of days and months, with an axis that people can read. Pure.

Drawn as SVG by the page's own template. A library would bring a script, ids by chance and a style of its own into the page
(pygal), or sixty megabytes and numpy into the operators' image (matplotlib); bars need neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import Final

from msgspec import Struct

WIDE: Final = 720
HIGH: Final = 230
LEFT: Final = 64
"""Room for the figures of the axis, where they are not longer."""
LETTER: Final = 6.6
"""So wide is a letter of them at most."""
BESIDE: Final = 12
BELOW: Final = 34
ABOVE: Final = 22
TICKS: Final = 4
LABELS: Final = 16
"""So many names fit under the bars; of more, every so manyth is written."""


class Bar(Struct, frozen=True, kw_only=True):
    """One bar. `label`: what is written under it; `told`: the whole of it, for who cannot see the plot."""

    label: str
    value: float
    told: str
    marked: bool = False


class DrawnBar(Struct, frozen=True, kw_only=True):
    """Where a bar lies."""

    x: float
    y: float
    wide: float
    high: float
    label: str
    label_x: float
    told: str
    marked: bool


class Tick(Struct, frozen=True, kw_only=True):
    """A line across the plot, and what is written beside it."""

    y: float
    text: str


class Plot(Struct, frozen=True, kw_only=True):
    """A plot, laid out."""

    wide: int
    high: int
    left: int
    base: int
    bars: tuple[DrawnBar, ...]
    ticks: tuple[Tick, ...]


def plot_of(bars: Sequence[Bar]) -> Plot | None:
    """A plot of some bars; None of none, or where all are nought."""
    most = max((one.value for one in bars), default=0.0)
    if most <= 0:
        return None
    step = step_of(most)
    top = step * -(-most // step)
    base, room = HIGH - BELOW, HIGH - BELOW - ABOVE
    count = round(top / step)
    ticks = [Tick(y=round(base - room * number / count, 2), text=short(step * number)) for number in range(count + 1)]
    left = max(LEFT, BESIDE + round(LETTER * max(len(one.text) for one in ticks)))
    each = (WIDE - left) / len(bars)
    every = -(-len(bars) // LABELS)
    drawn = []
    for number, one in enumerate(bars):
        high = room * max(0.0, one.value) / top
        x = left + each * number
        drawn.append(
            DrawnBar(
                x=round(x + each * 0.15, 2),
                y=round(base - high, 2),
                wide=round(each * 0.7, 2),
                high=round(high, 2),
                label=one.label if number % every == 0 else "",
                label_x=round(x + each / 2, 2),
                told=one.told,
                marked=one.marked,
            )
        )
    return Plot(wide=WIDE, high=HIGH, left=left, base=base, bars=tuple(drawn), ticks=tuple(ticks))


def step_of(most: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which some four reach `most`, more than nought."""
    rough = most / TICKS
    power = 10.0 ** floor(log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def short(value: float) -> str:
    """A figure as it stands beside an axis: `0`, `0.5`, `2,000`."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6f}".rstrip("0")


def share(value: float, most: float) -> float:
    """How long a bar in a table is, in percent of its cell."""
    return round(100 * value / most, 2) if most > 0 and value > 0 else 0.0
