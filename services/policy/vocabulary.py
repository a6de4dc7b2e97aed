"""The words that a regime file may use: one that nobody reads would switch a rule off without a sound."""

from __future__ import annotations

from typing import Literal

Obligation = Literal[
    "answer-call",
    "answer-complaint",
    "call-back",
    "crew-on-site",
    "dispatch-crew",
    "done-by-noticed-end",
    "expected-time",
    "explain",
    "fault-done",
    "follow-published-scheme",
    "guide-customer",
    "keep-promises",
    "key-customer-notice",
    "meter-fault-done",
    "next-update",
    "notice-not-needed",
    "planned-outages-per-year",
    "public-notice",
    "publish-fulfilment",
    "restore-supply",
    "speak-truly",
    "supervise",
]
"""What a rule can oblige to; services ask for rules by it, some are shown as not measured."""

Promised = Literal[
    "crew-on-site",
    "restore-supply",
    "fault-done",
    "meter-fault-done",
    "done-by-noticed-end",
    "public-told-in-time",
    "key-customers-informed",
    "key-customer-notice",
    "answer-complaint",
    "explain",
    "call-back",
    "publish-fulfilment",
    "expected-time",
    "next-update",
    "first-word",
    "next-word",
    "restored-word",
    "customer-reached",
    "second-contact-reached",
    "customer-answers",
    "account-manager-calls",
    "operators-call",
]
"""What a promise can be about: obligations of rules, and what is promised on the way to keeping one."""

Unit = Literal["calendar-days", "working-days", "hours", "minutes", "seconds", "times", "rings", "percent", "none"]
DayCount = Literal["publication day excluded", "start of day", "same clock time", "end of day"]
Limit = Literal["at-least", "at-most"]
Aggregate = Literal["each", "average", "rate>="]
Audience = Literal[
    "public",
    "key-customers",
    "life-support",
    "safety-partners",
    "all-affected",
    "reporter",
    "authority",
    "none",
]
"""Who is owed it."""

Content = Literal[
    "line",
    "area",
    "start",
    "end",
    "duration",
    "reason",
    "transformer",
    "usage-point",
    "alternate-period",
    "notice-date",
    "phone",
]
"""What a notice must name."""

Excuse = Literal["named-approver", "recorded-reason", "fault-side-customer", "extraordinary-fault"]
"""What lets a rule be broken."""

Territory = Literal["urban", "rural", "remote"]
FaultSide = Literal["unknown", "utility", "customer"]
Weather = Literal["normal", "severe-1", "severe-2", "severe-3"]
Complaint = Literal["complaint", "report"]

Inside = Literal["same", "within", "within-where-named", "any"]
"""What a field of a plan must keep of the notice in force, so that the notice's clock goes on."""

BudgetYear = Literal["calendar", "rolling"]

WORDING_MARKS = ("(not quoted)", "(not read)", "(own rule)")
"""How a `wording` begins that is no quotation: the source was read but its words are not at hand; its words were not
read, only a report of them or what is remembered; there is no source but the utility itself."""
