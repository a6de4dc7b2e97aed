"""Check whether a curtailment order keeps to the published scheme (有序用电方案; 第2篇 第十三条(七)).

A scheme is a TOML file of the utility's own: id, title, and [[steps]] in their order, each with the lines it may cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import CurtailmentOrdered
from schemas.contracts.notices import Finding
from services.places import distinct, normal
from services.places.extents import without
from services.planner.domain.verdict.other_work import CurtailmentStep
from services.policy.written.table import Text, Written, Wrong
from services.policy.written.toml_file import TomlFile


@dataclass(frozen=True, slots=True)
class Scheme:
    """One published scheme: the lines of each step; steps count from 1 and are ordered in that sequence."""

    id: str
    title: str
    steps: Mapping[int, tuple[str, ...]]


class StepTable(Written):
    """One [[steps]]: the lines it may cut."""

    noun: ClassVar[str] = "step"

    lines: Annotated[
        tuple[str, ...],
        Meta(
            min_length=1,
            extra={"what": "{value!r} names no lines", "remedy": 'write {key} = ["10千伏城东线"]'},
        ),
    ]

    def __post_init__(self) -> None:
        """A name of nothing but blanks is none.

        Raises:
            Wrong: there is one.

        """
        if not all(map(normal, self.lines)):
            raise Wrong("lines", *self.complaint("lines", [*self.lines]))


class SchemeFile(Written):
    """The file of a scheme."""

    id: Text
    title: Text
    steps: Annotated[
        tuple[StepTable, ...],
        Meta(
            min_length=1,
            extra={"what": "holds no steps", "remedy": "write [[{key}]] at least once, with its lines below"},
        ),
    ]


def load_scheme(path: Path | str) -> Scheme:
    """Read the scheme at `path`.

    Raises:
        PolicyError: the file is missing or wrong; names the place and the remedy.

    """
    written = TomlFile(path, "a scheme file").read(SchemeFile)
    steps = {
        number: distinct(line.strip() for line in step.lines) for number, step in enumerate(written.steps, start=1)
    }
    return Scheme(written.id, written.title, steps)


def findings(
    order: CurtailmentOrdered, scheme: Scheme | None, in_force: Iterable[CurtailmentStep], rule: RuleRef
) -> tuple[Finding, ...]:
    """How `order` stands to the published scheme: one finding that holds, or one for each gap."""
    if order.scheme_id is None or order.scheme_step is None:
        return (_gap(rule, "scheme-step-missing", "the order names a scheme and its step", "none named"),)
    if scheme is None or scheme.id != order.scheme_id:
        published = scheme.id if scheme is not None else "none"
        return (_gap(rule, "scheme-not-published", f"the published scheme: {published}", order.scheme_id),)
    if order.scheme_step not in scheme.steps:
        required = f"a step from 1 to {len(scheme.steps)}"
        return (_gap(rule, "scheme-step-unknown", required, f"step {order.scheme_step}"),)
    gaps = []
    ordered = {step.step for step in in_force if step.scheme_id == scheme.id}
    before = [n for n in range(1, order.scheme_step) if n not in ordered]
    if before:
        said = ", ".join(map(str, before))
        gaps.append(
            _gap(rule, "scheme-out-of-sequence", f"in force before it: step {said}", f"step {order.scheme_step}")
        )
    strange = sorted(distinct(without(order.extent.lines, scheme.steps[order.scheme_step])))
    if strange:
        required = f"lines of step {order.scheme_step}: {', '.join(sorted(scheme.steps[order.scheme_step]))}"
        gaps.append(_gap(rule, "line-not-in-step", required[:1900], ", ".join(strange)[:1900]))
    return tuple(gaps) or (Finding(rule=rule, reason="rule-met", holds=True, given=f"step {order.scheme_step}"),)


def _gap(rule: RuleRef, reason: str, required: str, given: str) -> Finding:
    return Finding(rule=rule, reason=reason, holds=False, required=required, given=given)
