"""The front's own metrics. No address, no question and no path is a label."""

from __future__ import annotations

from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

Kind = Literal["page", "lookup", "operator", "missing", "unavailable", "refused", "failed"]
LOOKS: Final = ("nothing", "same", "renewed", "taken", "older", "failed")


class FrontMetrics:
    """Fed by the front."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "outage_board_answers_total", "Requests answered", ["kind", "status"], registry=registry
        )
        self._lookups = Counter(
            "outage_board_lookups_total", "Questions of the look-up", ["outcome"], registry=registry
        )
        self._age = Gauge(
            "outage_board_age_seconds",
            "Seconds since all facts on the pages were known; above 300 is an alarm",
            registry=registry,
        )
        self._as_of = Gauge(
            "outage_board_as_of_timestamp_seconds",
            "Domain time up to which the pages know all facts",
            registry=registry,
        )
        self._looks = Counter("outage_board_looks_total", "Looks for a newer snapshot", ["outcome"], registry=registry)

    def answered(self, kind: Kind, status: int) -> None:
        """A request was answered."""
        self._answers.labels(kind, str(status)).inc()

    def looked_up(self, outcome: str) -> None:
        """A question of the look-up was answered."""
        self._lookups.labels(outcome).inc()

    def looked(self, outcome: str, age: float, as_of: float) -> None:
        """The front asked what stands."""
        self._looks.labels(outcome).inc()
        self._age.set(age)
        self._as_of.set(as_of)
