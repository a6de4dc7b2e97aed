"""What an agent can read out in Chinese: the answer of a look-up in the words of services/wording/hotline.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from operations.lookup.result import LookupResult, TouchingOutage
from outagectl.commands.explain.english import back_at, cause_of, expected_back
from schemas.contracts.base import EARLIEST, Extent
from services.notifier.domain.wording.templates import books
from services.wording.hotline import NOTHING_KNOWN, HotlineChinese, PowerOff


def sentences(found: LookupResult, zone: tzinfo) -> Iterator[str]:
    """What to say, in order: the present state, what lies ahead, what is over."""
    says = HotlineChinese(books()["zh-CN"].phrases, found.now, zone)
    for hit in found.off:
        yield says.off(_known(hit, found))
    if found.lost:
        home = any(one.premises == "home" for thing in found.known for one in thing.people)
        yield says.one_of_several([(one.role, one.line or one.transformer or one.id) for one in found.lost], home=home)
    if not found.off:
        back = [(at, hit) for hit in found.over if (at := back_at(hit)) is not None]
        none = [(at, hit) for hit in found.over if (at := hit.view.withdrawn_at) is not None]
        if none and max(none, key=lambda one: one[0])[0] > max((at for at, _ in back), default=EARLIEST):
            yield says.none(_place(max(none, key=lambda one: one[0])[1]))
        elif back:
            at, hit = max(back, key=lambda one: one[0])
            yield (says.denied if hit.denied else says.back)(at, hit.view.outage_class, _place(hit))
        else:
            yield NOTHING_KNOWN
    for hit, notice in found.ahead:
        yield says.ahead(notice.planned_period, notice.outage_class, _place(hit))


def _known(hit: TouchingOutage, found: LookupResult) -> PowerOff:
    view = hit.view
    return PowerOff(
        outage_class=view.outage_class,
        called_first=view.called_first,
        place=_place(hit),
        predicted=view.status == "predicted",
        since=view.since,
        cause=hit.cause,
        cause_known=cause_of(hit) is not None,
        crew=view.crew_status,
        unsure=bool(view.ert_history) and view.ert_history[-1].confidence == "low",
        expected_back=expected_back(hit),
        next_word=found.next_word or view.next_update_at,
        perhaps_back=view.perhaps_restored_since is not None,
    )


def _place(hit: TouchingOutage) -> Extent | None:
    """Where it is; of an outage that names no place, where its notice says."""
    extent = hit.view.extent
    if extent is None or extent == Extent():
        return hit.notice.extent if hit.notice else None
    return extent
