"""Describe in words what the restorer found; and facts that cannot be so, what is asked about them, what was answered."""

from __future__ import annotations

from operations.times import Times, count
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because, extent, places
from outagectl.words.vocabulary import OUTAGE_CLASSES
from schemas.contracts.messages import CustomersUntold
from schemas.contracts.restorations import (
    FactAccepted,
    FactQuestioned,
    FactRefused,
    FollowupDue,
    FollowupEnded,
    FulfilmentPublished,
    MergeConfirmed,
    MetersRead,
    OutageClassified,
    PointsByModel,
    RestorationChecked,
    RestorationConfirmed,
    RestorationPart,
    RestorationRefused,
    StaysOut,
)
from services.merging.words import FactOfMerged
from services.notifier.domain.outage.joined import TruthJoins
from services.plausibility import ABOUT_NAMED, FactHeld
from services.restorer.domain.callers.recorded import FollowupRecorded
from services.restorer.domain.events import (
    CallsRefused,
    FactAnswered,
    MergeDue,
    MetersLooked,
    OthersMoved,
    OutageClosed,
    SupplyByModel,
    SupplyJoins,
    TerritoryByModel,
)
from services.restorer.domain.evolve import TAKEN_BACK

POINTS_SHOWN = 3


def _by_model(e: SupplyByModel, t: Times) -> str:
    if e.stays is None:
        return f"By the network model it means {count(e.points or 0, 'usage point')}"
    held = [f"{count(one.points, 'usage point')} under {one.mrid} from {t.text(one.at)} on" for one in e.stays]
    return f"Figures count as still out {', '.join(held)}" if held else "Figures count nobody as still out under others"


def _part(e: RestorationPart, t: Times) -> str:
    step = f"Step {e.step}: power is back in part since {t.text(e.restored_at)}"
    but = f", without {extent(e.remaining_but)}" if e.remaining_but is not None else ""
    return (
        f"{step} ({extent(e.restored)}; still off: {extent(e.remaining)}{but}{_points(e.points)}){_staying(e.stay_out)}"
    )


def _part_in_book(e: RestorationPart, t: Times) -> str:
    step = f"step {e.step}: power is back in part since {t.text(e.restored_at)}"
    but = f", without {extent(e.remaining_but)}" if e.remaining_but is not None else ""
    return f"{step}, on {places(e.restored)}; still off: {places(e.remaining)}{but}{_staying(e.stay_out)}"


def _points(by_model: PointsByModel | None) -> str:
    if by_model is None:
        return ""
    return f"; by the network {by_model.restored} points back, {by_model.remaining} still off"


def _staying(others: tuple[StaysOut, ...]) -> str:
    """Where power stays off under other outages."""
    if not others:
        return ""
    return "; " + "; ".join(f"off still under {one.mrid}: {extent(one.extent)}" for one in others)


def _confirmed(e: RestorationConfirmed, t: Times) -> str:
    whom = "for all it held" if e.stay_out else "for everyone"
    return f"Power is back {whom} since {t.text(e.restored_at)}{_staying(e.stay_out)}{_meters(e.meters)}"


def _meters(read: MetersRead | None) -> str:
    return f"; of {count(read.points, 'meter')} {read.on} say so, {read.off} deny it" if read is not None else ""


def _checked(e: RestorationChecked, _: Times) -> str:
    if e.proven:
        return f"Meters prove that power is back{_meters(e.meters)}"
    if e.denied.is_empty():
        return f"Nobody denies any more that power is back{_meters(e.meters)}"
    named = e.denied.usage_points
    points = ", ".join(named[:POINTS_SHOWN]) + (
        f" and {len(named) - POINTS_SHOWN} more" if len(named) > POINTS_SHOWN else ""
    )
    return f"Meters or customers deny that power is back at {points}{_meters(e.meters)}"


def _territories(e: TerritoryByModel, _: Times) -> str:
    where = " and ".join(e.territories or ()) or "nobody knows which territory"
    return f"By the network model the places first named lie in {where}"


def _counts_as(e: OutageClassified) -> str:
    return OUTAGE_CLASSES.get(e.outage_class, "…") + (f" of plan {e.plan_mrid}" if e.plan_mrid else "")


def _instead(e: OutageClassified) -> str:
    return "as was said first" if e.was == e.outage_class else f"not as {OUTAGE_CLASSES.get(e.was, '…')}"


NAMES_SHOWN = 5


def _refused(e: RestorationRefused, t: Times) -> str:
    """A claim; or what was said to be back: a step, which says which, or all."""
    if e.step is not None:
        where = because(", ".join(e.contradicted_by[:NAMES_SHOWN]))
        return f"Step {e.step} is taken back: power was not back at {t.text(e.claimed_at)} after all{where}"
    if e.reason == TAKEN_BACK:
        return f"It is taken back that power was back for everyone at {t.text(e.claimed_at)}"
    return f"The claim of power at {t.text(e.claimed_at)} is not believed{because(e.reason)}"


def _again(e: FollowupDue) -> str:
    return f" again, not reached {count(e.tries, 'time')}" if e.tries else ""


def _called(e: FollowupEnded) -> str:
    """What came of one call back, or why nobody is to make those that were asked for."""
    if e.outcome == "void":
        whom = f"report {e.report_id}" if e.report_id else "who was not called yet"
        return f"Nobody need call back {whom}{because(e.reason)}"
    if e.outcome == "unreached":
        return f"Report {e.report_id} counts as unreached after {count(e.tries or 0, 'call')}"
    return f"Report {e.report_id} was called back: {e.outcome}"


RESTORATIONS = catalogue(
    words(RestorationPart, _part, book=_part_in_book),
    words(
        RestorationConfirmed,
        _confirmed,
        book=lambda e, t: f"confirms: power is back since {t.text(e.restored_at)}{_staying(e.stay_out)}",
    ),
    words(RestorationChecked, _checked),
    words(RestorationRefused, _refused),
    words(
        MergeConfirmed,
        lambda e, t: (
            f"It goes on as {e.into} since {t.text(e.merged_at)}: what is said of it from then on is said of that"
        ),
        book=lambda e, t: f"lets it go on as {e.into}, since {t.text(e.merged_at)}",
    ),
    words(
        SupplyJoins,
        lambda e, t: (
            f"{e.mrid}, merged into {e.into} {t.text(e.merged_at)}, held {extent(e.remaining if e.dark else e.extent)}"
            + ("" if e.dark else ", all of it back")
        ),
    ),
    words(TruthJoins, lambda e, t: f"Customers of {e.mrid} hear of {e.into} from {t.text(e.merged_at)} on"),
    words(MergeDue, lambda e, _: f"The outage is known into which {e.mrid} is to be merged: that is looked at again"),
    words(FactOfMerged, lambda e, _: f"{e.fact_type} was said of {e.of}, which goes on as {e.mrid}"),
    words(
        FollowupDue,
        lambda e, t: (
            f"Report {e.report_id} is to be called back{_again(e)}{',' if e.tries else ''} from {t.text(e.due_from)}"
        ),
        book=lambda e, _: f"asks a person to call back whoever reported it ({e.report_id}){_again(e)}",
    ),
    words(
        FollowupEnded,
        lambda e, _: _called(e),
        book=lambda e, _: _called(e)[0].lower() + _called(e)[1:],
    ),
    words(
        FollowupRecorded,
        lambda e, _: (
            f"{e.by} puts on record: report {e.report_id} {'not reached' if e.outcome == 'unreached' else e.outcome}"
        ),
    ),
    words(
        OutageClassified,
        lambda e, t: f"It counts as {_counts_as(e)} since {t.text(e.started_at)}, {_instead(e)}",
        book=lambda e, _: f"counts it as {_counts_as(e)}",
    ),
    words(FulfilmentPublished, lambda e, _: f"The statement {e.statement_id} of promises kept is published"),
    words(TerritoryByModel, _territories),
    words(
        CallsRefused,
        lambda e, t: f"The hour from {t.text(e.hour)} of hotline {e.hotline} is not counted{because(e.reason)}",
    ),
    words(MetersLooked, lambda *_: "Meters of the outage were read: what they say is looked at"),
    words(SupplyByModel, _by_model),
    words(
        OthersMoved,
        lambda e, _: f"Outages at the places of {e.mrid} are otherwise than they were: it looks at them again",
    ),
    words(
        OutageClosed,
        lambda e, t: f"The outage is closed, {t.text(e.closed_at)}",
        book=lambda *_: "closes the outage: the power has stayed on",
    ),
)


def _questioned(e: FactQuestioned, _: Times) -> str:
    what = "is told to nobody" if e.held != "field" else f"is told without its {e.field}"
    what = "is told as it was said" if e.reason in ABOUT_NAMED else what
    return f"Question {e.question_id} to dispatch about {e.cause}, which {what}: {e.question}"


def _held(e: FactHeld, t: Times) -> str:
    return f"{e.fact_type} is held, {e.field} {t.text(e.given)} cannot be ({e.question_id})"


def _untold(e: CustomersUntold, _: Times) -> str:
    whom = ", ".join(e.customer_ids[:3])
    return (
        f"{e.customers} special or life-support customers ({whom}) are told NOTHING while {e.fact_type} is "
        f"held: a person must act (outagectl facts accept {e.question_id})"
    )


def _answered(e: FactAnswered, _: Times) -> str:
    return f"{e.by} answers question {e.question_id}: the fact is {'so' if e.accept else 'NOT so'}"


DOUBTS = catalogue(
    words(FactQuestioned, _questioned),
    words(FactHeld, _held),
    words(FactAnswered, _answered),
    words(FactAccepted, lambda e, _: f"Question {e.question_id}: the fact is so, says {e.by}"),
    words(FactRefused, lambda e, _: f"Question {e.question_id}: the fact is not so, says {e.by}"),
    words(CustomersUntold, _untold),
)
