"""Describe in words what the network model says, which switches were thrown, and what meters read."""

from __future__ import annotations

from operations.times import Times
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because
from schemas.contracts.evidence.meters import MeterReading
from schemas.contracts.network import Feed, NetworkElement, NetworkElementRemoved, NetworkModelImported, NetworkSwitched

KINDS = {"usagePoint": "usage point"}


def _way(feed: Feed) -> str:
    through = ", ".join(f"{one.switch}, normally {one.normally}" for one in feed.through)
    return f"{feed.element_id}{because(f'through {through}' if through else None)}"


def _element(e: NetworkElement, _: Times) -> str:
    ways = ", ".join(map(_way, e.fed_from))
    fed = f", fed from {ways}" if ways else ""
    return f"Network: {KINDS.get(e.kind, e.kind)} {e.element_id} is {e.name}{fed}{because(e.model and f'model {e.model.model_id}')}"


NETWORK = catalogue(
    words(NetworkElement, _element),
    words(
        NetworkModelImported,
        lambda e, t: (
            f"Network: model {e.model_id} of {t.text(e.date)} is in, {e.elements} elements"
            + (f", brought in by {e.imported_by}" if e.imported_by else "")
        ),
    ),
    words(NetworkElementRemoved, lambda e, _: f"Network: {e.element_id} is no more{because(e.reason)}"),
    words(
        MeterReading,
        lambda e, t: f"The meter of {e.usage_point} has {'power' if e.energised else 'NO power'}, {t.text(e.read_at)}",
    ),
    words(NetworkSwitched, lambda e, t: f"Network: switch {e.switch} is {e.state} since {t.text(e.at)}"),
)
