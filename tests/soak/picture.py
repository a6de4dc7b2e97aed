"""Draw every figure over time as one page of small pictures (SVG), each with its own scale. Pure.

By hand, see README.md.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from tests.soak.judging import WARM_UP, Series

COLUMNS: Final = 6
WIDTH, HEIGHT, HEAD, GAP = 220, 60, 30, 10
"""Of one picture, of its two lines of text, and between pictures."""
GREW, BY_DESIGN, LEVEL = "#c00", "#999", "#06c"
STYLE: Final = (
    "text{font:11px sans-serif;fill:#222}.small{font-size:9px;fill:#666}"
    "polyline{fill:none;stroke-width:1.3}rect{fill:#f6f6f6}"
)


def page(series: Sequence[Series], grew: set[str], by_design: set[str], title: str) -> str:
    """An SVG; what grew without bound is red, what grows by design grey. Sets hold names of series."""
    moving = [one for one in series if one.name in grew or len({value for _, value in one.points}) > 1]
    still = len(series) - len(moving)
    rows = -(-len(moving) // COLUMNS)
    wide, high = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + HEAD + GAP) + 2 * HEAD
    pictures = []
    for number, one in enumerate(moving):
        x = GAP + number % COLUMNS * (WIDTH + GAP)
        y = 2 * HEAD + number // COLUMNS * (HEIGHT + HEAD + GAP)
        colour = GREW if one.name in grew else BY_DESIGN if one.name in by_design else LEVEL
        pictures.append(f'<g transform="translate({x},{y})">{_picture(one, colour)}</g>')
    words = f"{title}; {still} figures that never moved are left out; the shaded part is warm-up"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f"<style>{STYLE}</style>"
        f'<text x="{GAP}" y="20">{escape(words)}</text>{"".join(pictures)}</svg>\n'
    )


def _picture(series: Series, colour: str) -> str:
    values = [value for _, value in series.points]
    begin, end = series.points[0][0], series.points[-1][0]
    low, high = min(values), max(values)
    across, up = WIDTH / ((end - begin) or 1), HEIGHT / ((high - low) or 1)
    line = " ".join(f"{(at - begin) * across:.1f},{HEIGHT - (value - low) * up:.1f}" for at, value in series.points)
    return (
        f'<text y="-14">{escape(series.name)}</text>'
        f'<text class="small" y="-3">{low:,.4g} to {high:,.4g}, at last {values[-1]:,.4g}</text>'
        f'<rect width="{WIDTH * WARM_UP:.1f}" height="{HEIGHT}"/>'
        f'<polyline stroke="{colour}" points="{line}"/>'
    )
