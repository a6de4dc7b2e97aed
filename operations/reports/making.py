"""Make the report of a month or a year of what was read for it, and the list of cases under each figure. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from operations.reports.facts import NOTHING, FoundBy, ReportFacts
from operations.reports.form import (
    NOWHERE,
    SEVERAL,
    CountedCase,
    DayFigures,
    GroupFigures,
    GroupKind,
    MonthReport,
    NotMeasured,
)
from operations.reports.silence import silence_figures, silent_outages
from services.places import normal
from services.reliability import WordsOnTime
from services.reliability.indices import Sums, customer_minutes
from services.reliability.major_days import MajorEventDays, major_event_days
from services.reliability.once import CountedGroup
from services.reliability.periods import day_of, period_of
from services.reliability.words import word_figures

MINUTE = timedelta(minutes=1)
SUPPLY = ("saidi", "saifi", "caidi", "maifi", "asai", "major-event-days", "not-known", "open")
WORDS = ("first-expected-time", "lateness", "moved", "report-to-dispatch")
SILENCE: Mapping[str, str] = {"silence-forgotten": "forgotten", "silence-held": "held"}
"""How a silence was to be taken, by the figure of it."""


def report_of(facts: ReportFacts) -> MonthReport:
    """The report."""
    return _Making(facts).report()


def cases_of(facts: ReportFacts, figure: str) -> list[CountedCase]:
    """The cases that a figure is made of, in the order of their beginnings; `figure` is one of SUPPLY, WORDS or SILENCE."""
    if figure in SILENCE:
        return silent_outages(facts, SILENCE[figure])
    making = _Making(facts)
    return list(making.supply_cases(figure) if figure in SUPPLY else making.word_cases(figure))


class _Making:
    def __init__(self, facts: ReportFacts) -> None:
        self.facts = facts
        self.sustained = facts.policy.settings.reliability.sustained
        period = facts.period
        self.until = min(period.end, facts.as_of)
        """What is off still counts until then."""
        self.length = max(timedelta(0), self.until - period.start)
        self.days = self._days()
        self.major = self._major()

    def _day(self, group: CountedGroup) -> date:
        return day_of(group.whole.since, self.facts.period.zone)

    def _days(self) -> Mapping[date, Sums]:
        found: dict[date, Sums] = defaultdict(lambda: Sums(self.sustained))
        for group in self.facts.groups:
            found[self._day(group)].add(group, self.until)
        return found

    def _saidi(self, sums: Sums) -> float | None:
        served = self.facts.served.customers
        return sums.minutes / served if served else None

    def _major(self) -> MajorEventDays:
        within = {day: self._saidi(sums) or 0.0 for day, sums in self.days.items()}
        facts = self.facts
        return major_event_days(
            facts.period.first.year,
            facts.daily_before,
            within,
            facts.since,
            served=facts.served.customers is not None,
        )

    def report(self) -> MonthReport:
        facts, period = self.facts, self.facts.period
        served = facts.served.customers
        return MonthReport(
            period=period.name,
            start=period.start,
            end=period.end,
            zone=facts.zone_name,
            as_of=facts.as_of,
            is_over=facts.as_of >= period.end,
            policy=facts.policy.id,
            policy_version=facts.policy.version,
            sustained_minutes=self.sustained / MINUTE,
            served=facts.served,
            whole=self._figures("all", "all", facts.groups, served),
            by_class=self._by("class", lambda found: (found.outage_class or NOWHERE,), served),
            by_area=self._by("area", lambda found: found.areas),
            by_line=self._by("line", lambda found: found.lines),
            by_territory=self._by("territory", lambda found: found.territories),
            by_month=self._by_month(served) if period.is_year else (),
            days=tuple(self._day_figures(day) for day in period.days() if day in self.days),
            major=self.major,
            words=word_figures([words for _, _, words in facts.words]),
            calls=facts.calls,
            silence=silence_figures(facts),
            unresolved=facts.unresolved,
            not_counted=facts.not_counted,
            not_measured=tuple(self._not_measured()),
        )

    def _figures(
        self,
        kind: GroupKind,
        name: str,
        groups: Iterable[CountedGroup],
        served: float | None,
        length: timedelta | None = None,
    ) -> GroupFigures:
        length = self.length if length is None else length
        all_, ordinary = Sums(self.sustained), Sums(self.sustained)
        for group in groups:
            all_.add(group, self.until)
            if self._day(group) not in self.major.major:
                ordinary.add(group, self.until)
        without = ordinary.indices(served, length) if self.major.threshold is not None else None
        return GroupFigures(kind=kind, name=name, indices=all_.indices(served, length), without_major=without)

    def _by(
        self, kind: GroupKind, names: Callable[[FoundBy], Sequence[str]], served: float | None = None
    ) -> tuple[GroupFigures, ...]:
        """By what outages are found by, the one with the most customer minutes first; what names several is counted apart."""
        found: dict[str, list[CountedGroup]] = defaultdict(list)
        written: dict[str, str] = {}
        for group in self.facts.groups:
            given = names(self.facts.found_by.get(group.mrid, NOTHING))
            name = given[0] if len(given) == 1 else SEVERAL if given else NOWHERE
            form = normal(name) or name if len(given) == 1 else name
            written[form] = min(written.get(form, name), name)
            found[form].append(group)
        by_name = {"area": self.facts.served_by_area, "line": self.facts.served_by_line}.get(kind, {})
        made = [
            self._figures(kind, written[form], groups, served or by_name.get(form)) for form, groups in found.items()
        ]
        return tuple(sorted(made, key=lambda one: (-one.indices.customer_minutes, one.name)))

    def _by_month(self, served: float | None) -> tuple[GroupFigures, ...]:
        found: dict[str, list[CountedGroup]] = defaultdict(list)
        for group in self.facts.groups:
            found[f"{self._day(group):%Y-%m}"].append(group)
        zone, as_of = self.facts.period.zone, self.facts.as_of
        lengths = {}
        for month in found:
            period = period_of(month, zone)
            lengths[month] = max(timedelta(0), min(period.end, as_of) - period.start)
        return tuple(self._figures("month", month, found[month], served, lengths[month]) for month in sorted(found))

    def _day_figures(self, day: date) -> DayFigures:
        sums = self.days[day]
        return DayFigures(
            day=day,
            customer_minutes=sums.minutes,
            customers_interrupted=sums.interrupted,
            saidi=self._saidi(sums),
            major=None if self.major.threshold is None else day in self.major.major,
        )

    def _not_measured(self) -> Iterator[NotMeasured]:
        facts = self.facts
        if facts.served.customers is None:
            why = "neither the network model nor [settings.reliability] customers_served says how many customers are served"
            yield from (NotMeasured(figure=one, why=why) for one in ("saidi", "saifi", "maifi", "asai"))
        if self.major.why is not None:
            yield NotMeasured(figure="major-event-days", why=self.major.why)
        if facts.silences is None:
            yield from (
                NotMeasured(figure=one, why="this version keeps no silence: run outagectl migrate") for one in SILENCE
            )

    def supply_cases(self, figure: str) -> Iterator[CountedCase]:
        for group in sorted(self.facts.groups, key=lambda one: (one.whole.since, one.mrid, one.number, one.off_from)):
            value = self._value(figure, group)
            if value is not None:
                yield self._case(group, value)

    def _value(self, figure: str, group: CountedGroup) -> float | None:
        """What a group adds to a figure; None where it is no case of it."""
        until = group.whole.until or self.until
        is_sustained = until - group.whole.since > self.sustained
        known = group.customers
        if figure == "not-known":
            return None if known is not None else 0.0
        if figure == "open":
            return None if group.off_until is not None else float(known or 0)
        if known is None or not known:
            return None
        counts = 0.0 if group.goes_on else float(known)
        if figure == "maifi":
            return None if is_sustained or group.goes_on else counts
        if not is_sustained:
            return None
        if figure == "saifi":
            return None if group.goes_on else counts
        if figure == "major-event-days" and self._day(group) not in self.major.major:
            return None
        return customer_minutes(group, self.until)

    def _case(self, group: CountedGroup, value: float) -> CountedCase:
        found = self.facts.found_by.get(group.mrid, NOTHING)
        return CountedCase(
            mrid=group.mrid,
            off_from=group.off_from,
            off_until=group.off_until,
            customers=group.customers,
            known_by=group.known_by,
            customer_minutes=customer_minutes(group, self.until) if group.customers is not None else None,
            value=value,
            outage_class=found.outage_class,
            lines=found.lines,
            areas=found.areas,
            note=f"off since {group.whole.since:%Y-%m-%dT%H:%MZ} under another outage" if group.goes_on else "",
        )

    def word_cases(self, figure: str) -> Iterator[CountedCase]:
        for mrid, found, words in sorted(self.facts.words, key=lambda one: (str(one[2].first_known), one[0])):
            value = _of_words(figure, words)
            if value is not None:
                yield CountedCase(
                    mrid=mrid,
                    off_from=words.first_known,
                    off_until=words.restored,
                    value=value,
                    outage_class=found.outage_class,
                    lines=found.lines,
                    areas=found.areas,
                )


def _of_words(figure: str, words: WordsOnTime) -> float | None:
    match figure:
        case "first-expected-time":
            return _between(words.first_known, words.first_said)
        case "lateness":
            return _between(words.last_ert, words.restored)
        case "moved":
            return float(words.moved) if words.first_said is not None else None
        case _:
            return _between(words.reported, words.dispatched)


def _between(since: datetime | None, until: datetime | None) -> float | None:
    return None if since is None or until is None else (until - since) / MINUTE
