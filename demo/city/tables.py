"""What the demo's days came to, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rich.console import Console
from rich.table import Table

from demo.logbook.news import News
from demo.logbook.outcome import OutageRow, PlayOutcome
from demo.logbook.story import Story
from demo.logbook.times import BookTimes
from devstack.twilio.kept.phones import Received
from outagectl.terminal.say import table
from services.kernel.values.zones import mark


def print_tables(out: Console, end: PlayOutcome, news: News, story: Story, times: BookTimes) -> None:
    """Outages, promises, texts, and what each phone holds."""
    t = ShortTimes(times.zone, times.name)
    for made in (
        _outages(end, t),
        _promises(end, t),
        table(
            "Texts by occasion and state",
            ("occasion", "state", "texts"),
            [(r["trigger"], r["state"], r["n"]) for r in end.texts],
        ),
        _phones(news, story, t),
    ):
        out.print()
        out.print(made)


@dataclass(frozen=True, slots=True)
class ShortTimes(BookTimes):
    """Instants as a table writes them: `5 Mar 02:14`."""

    def at(self, instant: datetime | None, *beside: datetime) -> str:
        """The time, with its day where that is another one."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        clock = f"{local:%H:%M} {mark(instant, self.zone, *beside)}".rstrip()
        return clock if local.date() == self.today else f"{local.day} {local:%b} {clock}"

    def on(self, instant: datetime) -> ShortTimes:
        """The table's cell, begun at the day of `instant`."""
        return ShortTimes(self.zone, self.name, instant.astimezone(self.zone).date())


def _outages(end: PlayOutcome, t: BookTimes) -> Table:
    rows = []
    for one in end.outages:
        planned = one.planned_period
        rows.append(
            (
                one.mrid,
                f"{one.outage_class}\n{one.status}",
                one.places.partition(", ")[0],
                _from_to(planned.start if planned else None, planned.end if planned else None, t),
                _notice(one, t),
                _from_to(one.started_at, one.restored_at, t),
            )
        )
    return table("Outages", ("outage", "what", "where", "planned for", "notice", "power was off"), rows)


def _from_to(start: datetime | None, end: datetime | None, t: BookTimes) -> str:
    if not start:
        return "–"
    return f"{t.text(start)}–{t.on(start).text(end)}" if end else f"{t.text(start)} on"


def _notice(one: OutageRow, t: BookTimes) -> str:
    if one.notice_id:
        return f"{one.notice_id}\nof {t.text(one.notice_published_at)}"
    refused = list(one.rejected_for[:1])
    lawful = [f"lawful from\n{_with_year(one.earliest_lawful_start, one, t)}"] if one.earliest_lawful_start else []
    withdrawn = [f"withdrawn\n{t.text(one.withdrawn_at)}"] if one.withdrawn_at else []
    return "\n".join((*refused, *lawful, *withdrawn)) or "–"


def _promises(end: PlayOutcome, t: BookTimes) -> Table:
    rows = [(one.about, one.rule_id, one.source, t.text(one.due_at), one.verdict) for one in end.promises]
    return table("Promises", ("about", "rule", "source", "due", "verdict"), rows)


def _phones(news: News, story: Story, t: BookTimes) -> Table:
    rows = []
    for number in sorted({text.to for text in news.texts}):
        held = sorted((text for text in news.texts if text.to == number), key=lambda one: (one.at, story.occasion(one)))
        days = [list(group) for _, group in groupby(held, key=lambda one: one.at.astimezone(t.zone).date())]
        listed = "\n".join(_of_a_day(day, story, t) for day in days)
        rows.append((number, story.whose(held[0]), len(held), listed))
    return table("What each phone holds", ("phone", "whose", "texts", "received"), rows)


def _with_year(first: datetime, one: OutageRow, t: BookTimes) -> str:
    """The lawful start; with its year where that is not the year asked for."""
    local, asked = first.astimezone(t.zone), one.planned_period
    same = asked is None or local.year == asked.start.astimezone(t.zone).year
    return t.at(first) if same else f"{local:%-d %b %Y %H:%M}"


def _of_a_day(texts: Sequence[Received], story: Story, t: BookTimes) -> str:
    """`5 Mar 02:14 fault, 03:20 ert-changed`."""
    first, *others = texts
    that_day = t.on(first.at)
    said = [f"{t.at(first.at)} {story.occasion(first)}"]
    return ", ".join([*said, *(f"{that_day.at(one.at)} {story.occasion(one)}" for one in others)])
