"""The renderer's own metrics."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class RendererMetrics:
    """Fed by each round."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._rounds = Counter("outage_board_rounds_total", "Rounds of the renderer", ["outcome"], registry=registry)
        self._took = Histogram(
            "outage_board_round_duration_seconds",
            "One round: read, rendered, written",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
            registry=registry,
        )
        self._rendered = Gauge(
            "outage_board_rendered_timestamp_seconds",
            "Domain time up to which the renderer's last snapshot knows all facts",
            registry=registry,
        )

    def round(self, outcome: str, seconds: float, as_of: datetime | None) -> None:
        """A round is over."""
        self._rounds.labels(outcome).inc()
        self._took.observe(seconds)
        if as_of is not None:
            self._rendered.set(as_of.timestamp())
