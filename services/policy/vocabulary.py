"""The words that rules may use: a word that nobody asks for would switch a rule off without a sound."""

from __future__ import annotations

from collections.abc import Mapping

OBLIGATIONS = (
    "answer-call",
    "answer-complaint",
    "call-back",
    "crew-on-site",
    "dispatch-crew",
    "done-by-noticed-end",
    "explain",
    "fault-done",
    "follow-published-scheme",
    "guide-customer",
    "keep-promises",
    "key-customer-notice",
    "meter-fault-done",
    "notice-not-needed",
    "planned-outages-per-year",
    "public-notice",
    "publish-fulfilment",
    "restore-supply",
    "speak-truly",
    "supervise",
)
"""What a rule can oblige to; services ask for rules by it, some are shown as not measured."""

_YES_NO: tuple[str | bool, ...] = (True, False)
TRAITS: Mapping[str, tuple[str | bool, ...]] = {
    "outage_class": ("planned", "temporary", "fault", "emergency", "curtailment"),
    "nominal_voltage": (),
    "duration_minutes": (),
    "customers_affected": (),
    "safety_cut": _YES_NO,
    "ordinary": _YES_NO,
    "meter_fault": _YES_NO,
    "territory": ("urban", "rural", "remote"),
    "fault_side": ("unknown", "utility", "customer"),
    "weather": ("normal", "severe-1", "severe-2", "severe-3"),
    "kind": ("complaint", "report"),
}
"""What a case can be like (applies_when), and the words for it; none: a number, asked for as a range."""
