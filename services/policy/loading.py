"""Load a regime file: read, held to its form and frozen. A wrong file does not load; the one in force stays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import asdict

from services.policy.model import Between, Condition, Policy, Rule, Tuning
from services.policy.written.regime import Regime, RegimeHead, Settings
from services.policy.written.rule import RuleTable
from services.policy.written.table import given, span
from services.policy.written.toml_file import TomlFile

DIGITS: Final = 12


def policy_path(policy_id: str) -> Path:
    """Where the regime `policy_id` that ships with the product lies."""
    return Path(__file__).resolve().parents[2] / "policies" / f"{policy_id}.toml"


def regime_file(named: str) -> Path:
    """Where the regime lies that a setting names: by the id of one that ships, or by the path of a file."""
    return Path(named) if named.endswith(".toml") else policy_path(named)


def load_policy(path: Path | str) -> Policy:
    """Read the regime file at `path`.

    Raises:
        PolicyError: the file is missing or wrong; the message names the file, the line, the rule, the key and the remedy.

    """
    file = TomlFile(path, "a regime file")
    regime = file.read(Regime)
    rules = [_rule(form, raw) for form, raw in zip(regime.rules, file.raw["rules"], strict=True)]
    return Policy(
        regime.id,
        _version(regime, file),
        regime.title,
        MappingProxyType({rule.id: rule for rule in rules}),
        _settings(regime.settings),
        MappingProxyType(asdict(regime.inside)),
    )


def policy_identity(path: Path | str) -> tuple[str, str]:
    """Id and version of the regime file at `path`, even one of a former release that no longer loads.

    Raises:
        PolicyError: it cannot be read, is no TOML, or names no id or version.

    """
    file = TomlFile(path, "a regime file")
    head = file.read(RegimeHead)
    return head.id, _version(head, file)


def _version(head: RegimeHead, file: TomlFile) -> str:
    return f"{head.version}+{hashlib.sha256(file.text.encode()).hexdigest()[:DIGITS]}"


def _rule(form: RuleTable, raw: Mapping[str, Any]) -> Rule:
    written = given(form)
    if "amount" in written:
        written["amount"] = Decimal(str(written["amount"]))
    # In the order of the file, as `outagectl policy show` says them.
    conditions = {trait: _condition(getattr(form.applies_when, trait)) for trait in raw.get("applies_when", ())}
    return Rule(**written | {"applies_when": MappingProxyType(conditions)})


def _condition(written: Any) -> Condition:
    match written:
        case Between():
            return written
        case str() | bool():
            return frozenset({written})
        case _:
            return frozenset(written)


def _settings(form: Settings) -> Tuning:
    return Tuning(
        country=form.calendar.country,
        informing_time=span(form.key_customers.informing_time),
        close_after=span(form.lifecycle.close_after),
        same_fault_within=span(form.lifecycle.same_fault_within),
        budget_year=form.budget.year,
        overlap_near=span(form.overlaps.near),
        furthest_ahead=span(form.plausible.furthest_ahead),
        longest=span(form.plausible.longest),
        facts=form.facts.figures(),
        telling=form.telling.telling(),
        quiet=form.quiet.hours(),
        words=form.promises.times(form.answers, form.warnings),
        warnings=form.warnings.fractions(),
        asking=form.lifecycle.asking(),
        approve_above=form.approval.people(),
        sending=form.sending.policy(),
        tasks=form.tasks.times(),
        followups=form.followups.times(),
        silence=form.silence.times(),
        territory=form.crews.territory,
        reliability=form.reliability.policy(),
        month_waits=form.months.after(),
        public_notice=form.public_notice.policy(),
    )
