"""Publish, amend, withdraw and close notices, with the promises that go with each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from schemas.contracts import notices
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period, RuleRef, Wire
from schemas.contracts.dispatch import CurtailmentOrdered, PlanBody
from schemas.contracts.notices import (
    Finding,
    Notice,
    NoticeAmended,
    NoticeClosed,
    NoticePublished,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from services.kernel.model import NewEvent
from services.planner.domain import promises
from services.planner.domain.notice.text import Voice, notice_text, outcome_text
from services.planner.domain.notice_content import NoticeContent, plan_of
from services.planner.domain.state import InForce, PlanState
from services.planner.domain.verdict.findings import NARROWED, SET_ASIDE
from services.planner.domain.verdict.judge import Verdict, judge
from services.planner.domain.verdict.key_customer_deadline import inform_by
from services.policy import Policy, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import is_published, settle


class NoticePublisher:
    """Makes the events of notices under one policy, calendar and voice."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar, voice: Voice) -> None:
        self.policy = policy
        self.calendar = calendar
        self.voice = voice

    def answer(self, plan: PlanBody, verdict: Verdict, now: datetime) -> Iterator[NewEvent]:
        """The plan as dispatch said it, and what the policy says to it."""
        yield NewEvent(TYPE_OF[type(plan)], plan)
        common: dict[str, Any] = {
            "mrid": plan.mrid,
            "revision_number": plan.revision_number,
            "decided_at": now,
            "planned_period": plan.planned_period,
            "findings": verdict.findings,
            "warnings": verdict.warnings,
            "overlaps": verdict.overlaps,
            "policy_id": self.policy.id,
            "policy_version": self.policy.version,
            "network_models": verdict.network_models,
        }
        if verdict.accepted:
            yield out(PlanAccepted(**common))
            return
        yield out(PlanRejected(**common, reasons=verdict.reasons, earliest_lawful_start=verdict.lawful_start))

    def publish(
        self, state: PlanState, plan: PlanBody, told: NoticeContent, verdict: Verdict, now: datetime
    ) -> Iterator[NewEvent]:
        """The notice of an accepted plan, in place of the one in force if there is one, and what it promises."""
        informing = inform_by(plan, self.policy, self.calendar, now)
        fields: dict[str, Any] = {
            **self._common(state, plan.outage_class, plan.planned_period, plan.extent, now),
            "revision_number": plan.revision_number,
            "reason": plan.reason,
            "safety_cut": plan.safety_cut,
            "inform_by": informing.at,
            "inform_rule": informing.rule,
            "inform_warn_at": informing.warn_at,
            "inform_warn_again_at": informing.warn_again_at,
            "inform_provisional": informing.provisional,
            "text": notice_text(plan, self.voice, now),
        }
        notice = self._notice(state.notice, fields, told)
        yield out(notice)
        excuses = _excuses(verdict)
        promised = promises.on_notice(
            state.promises, notice, plan, self.policy, self.calendar, excuses, showings=state.shown
        )
        yield from map(out, promised)

    def keep_noticed(
        self, state: PlanState, told: NoticeContent, within: NoticeContent, revision: int, now: datetime
    ) -> Iterator[NewEvent]:
        """The notice of `told`, which lies inside what was noticed before (`within`) and keeps its clock."""
        asked = state.notice.published_at if state.notice is not None else now
        plan = plan_of(state.mrid, told, revision, asked)
        verdict = judge(plan, self.policy, self.calendar, now, within=within)
        yield from self.publish(state, plan, told, verdict, now)

    def stand_again(self, state: PlanState, then: InForce, now: datetime) -> Iterator[NewEvent]:
        """What the public read when work began stands again: it was changed by words that came after the start.

        A plan accepted since is refused now, so that dispatch knows to ask for it again.
        """
        if state.standing == "accepted" and state.notice is not None:
            refused = PlanRejected(
                mrid=state.mrid,
                revision_number=state.latest[0],
                decided_at=now,
                planned_period=state.notice.told.period,
                findings=(),
                reasons=("already-started",),
                policy_id=self.policy.id,
                policy_version=self.policy.version,
            )
            yield out(refused)
        yield from self.keep_noticed(state, then.told, then.told, state.latest[0], now)

    def order(
        self, state: PlanState, order: CurtailmentOrdered, findings: tuple[Finding, ...], now: datetime
    ) -> Iterator[NewEvent]:
        """A curtailment order: published at once, as it is ordered, with its gaps."""
        warnings = tuple(f"scheme-gap:{each.reason}" for each in findings if not each.holds)
        accepted = PlanAccepted(
            mrid=order.mrid,
            revision_number=1,
            decided_at=now,
            planned_period=order.planned_period,
            findings=findings,
            warnings=warnings,
            policy_id=self.policy.id,
            policy_version=self.policy.version,
        )
        yield out(accepted)
        fields = {
            **self._common(state, "curtailment", order.planned_period, order.extent, now),
            "revision_number": 1,
            "text": notice_text(order, self.voice, now),
        }
        told = NoticeContent("curtailment", order.planned_period, order.extent, None, safety_cut=False)
        notice = self._notice(state.notice, fields, told)
        yield out(notice)
        yield from map(
            out, promises.on_notice(state.promises, notice, None, self.policy, self.calendar, {}, showings=state.shown)
        )

    def withdraw(
        self, state: PlanState, reason: str, now: datetime, explanation: str | None = None
    ) -> Iterator[NewEvent]:
        """Take the notice in force down, and what it promised with it."""
        yield from self._down(state, reason, now, explanation)
        if state.notice is not None:
            yield from map(out, promises.end_open(state.promises, state.shown, now, promises.WITHDRAWN))

    def no_outage(self, state: PlanState, cause: str, now: datetime) -> Iterator[NewEvent]:
        """Take down the notice of an outage that there was not, and void what was promised of it, verdicts too."""
        yield from self._down(state, promises.NO_OUTAGE, now)
        for record in state.promises.by_id():
            yield from map(out, settle(record, "voided", at=now, reason=promises.NO_OUTAGE, evidence=(cause,)))

    def _down(self, state: PlanState, reason: str, now: datetime, explanation: str | None = None) -> Iterator[NewEvent]:
        notice = state.notice
        if notice is None:
            return
        yield out(
            NoticeWithdrawn(
                mrid=state.mrid,
                notice_id=notice.notice_id,
                version=notice.version,
                withdrawn_at=now,
                planned_period=notice.told.period,
                extent=notice.told.extent,
                reason=reason,
                explanation=explanation,
                text=outcome_text("withdrawn", notice.told.period, notice.told.extent, None, self.voice),
            )
        )

    def close(
        self,
        state: PlanState,
        outcome: Literal["carried-out", "carried-out-late", "not-carried-out"],
        restored_at: datetime | None,
        now: datetime,
    ) -> Iterator[NewEvent]:
        """The last word about the notice in force."""
        notice = state.notice
        if notice is not None:
            period = notice.told.period
            yield out(
                NoticeClosed(
                    mrid=state.mrid,
                    notice_id=notice.notice_id,
                    version=notice.version,
                    closed_at=now,
                    outcome=outcome,
                    noticed_period=period,
                    started_at=state.started_at,
                    restored_at=restored_at,
                    text=outcome_text(outcome, period, notice.told.extent, restored_at, self.voice),
                )
            )

    def _notice(self, before: InForce | None, fields: dict[str, Any], told: NoticeContent) -> Notice:
        """The first notice, or one that takes the place of the one before."""
        if before is None:
            return NoticePublished(**fields)
        change = self.change(told, before.told)
        return NoticeAmended(**fields, supersedes=before.notice_id, previous_period=before.told.period, change=change)

    def change(self, told: NoticeContent, before: NoticeContent) -> Literal["narrowed", "moved", "changed"]:
        """How one notice differs from the one before."""
        if told.inside(before, self.policy.inside):
            return "narrowed"
        return "moved" if told.period != before.period else "changed"

    def rule(self, obligation: str, traits: Mapping[str, object]) -> RuleRef | None:
        """What a finding cites: the first rule for `obligation` that binds such work, one with a figure before one without."""
        rules = sorted(self.policy.select(obligation, **traits), key=lambda rule: not rule.amount)
        return rule_ref(self.policy, rules[0], self.calendar) if rules else None

    def setting(self, name: str) -> RuleRef:
        """What a finding cites where the utility's own settings ask for something, and no rule of the regime."""
        return RuleRef(policy_id=self.policy.id, policy_version=self.policy.version, rule_id=f"settings.{name}")

    def _common(
        self, state: PlanState, outage_class: str, period: Period, extent: Extent, now: datetime
    ) -> dict[str, Any]:
        version = state.version + 1
        return {
            "mrid": state.mrid,
            "notice_id": f"{state.mrid}/{version}",
            "version": version,
            "outage_class": outage_class,
            "published_at": now,
            "planned_period": period,
            "extent": extent,
        }


def out(data: Wire) -> NewEvent:
    """An event that goes to the log and to outage.notices; a warning that comes too late only to the log."""
    return NewEvent(TYPE_OF[type(data)], data, topic=notices.TOPIC if is_published(data) else None)


def told_of(notice: InForce | None) -> NoticeContent | None:
    """What the notice in force says."""
    return notice.told if notice is not None else None


def _excuses(verdict: Verdict) -> Mapping[str, str]:
    """Rules that did not bind, by id, with the reason of their finding."""
    return {each.rule.rule_id: each.reason for each in verdict.findings if each.reason in (NARROWED, SET_ASIDE)}
