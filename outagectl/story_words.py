"""One event as a line of a log book: when, who, what in plain words, and below it why and by which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from outagectl.history import Entry
from outagectl.say import Times, span
from outagectl.words import CREW, DISPATCH
from outagectl.words_after import in_words

Tone = Literal["plain", "good", "bad", "text"]

# What a service keeps for itself: its own sums, and words that a later line says better.
INTERNAL = frozenset(
    {
        "customer.touched.v1",
        "text.meant.v1",
        "audience.matched.v1",
        "audience.refresh.v1",
        "watch.fired.v1",
        "message.accepted.v1",
        "contact.confirmed.v1",
    }
)
OBLIGATIONS: Mapping[str, tuple[str, str, str]] = {
    # obligation: (what is promised, how its being kept reads, how its being broken reads)
    "crew-on-site": ("a crew on site", "the crew came", "no crew on site"),
    "restore-supply": ("power back", "power came back", "power not back"),
    "fault-done": ("the fault done", "the fault was done", "the fault not done"),
    "meter-fault-done": ("the meter put right", "the meter was put right", "the meter not put right"),
}
TRIGGERS: Mapping[str, str] = {
    "planned-notice": "planned work will cut the power",
    "temporary-notice": "work will cut the power soon",
    "moved": "the planned cut moves",
    "cancelled": "the planned cut does not happen",
    "fault": "the power is off; expected back at …",
    "fault-time-unknown": "the power is off; next word by …",
    "ert-changed": "now expected back at …",
    "ert-overdue": "the time we gave has passed, sorry; next word by …",
    "part-restored": "the power is back in part",
    "restored": "the power is back",
    "reopened": "the power is off again",
    "breach-apology": "sorry: work went beyond its notice",
    "correction": "what we said was wrong",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the book."""

    at: datetime
    who: str
    what: str
    notes: tuple[str, ...] = ()
    body: str | None = None
    """A text, as it stands on the handset or in the paper."""
    tone: Tone = "plain"
    about: str = ""
    """The outage it is about."""


@dataclass(frozen=True, slots=True)
class BookTimes(Times):
    """Instants as a log book writes them: `02:14` on the day it is open at, else `Thu 5 March 02:14`."""

    today: date | None = None

    def at(self, instant: datetime | None) -> str:
        """The time, with its day where that is another one."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == self.today else f"{day(local)} {local:%H:%M}"

    def text(self, value: object) -> str:
        """An RFC 3339 text likewise; anything else as it stands."""
        if not isinstance(value, str):
            return "–" if value is None else str(value)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return value
        return self.at(instant) if instant.tzinfo else value

    def on(self, instant: datetime) -> BookTimes:
        """The book, open at the day of `instant`."""
        return BookTimes(self.zone, self.name, instant.astimezone(self.zone).date())


def during(value: Mapping[str, Any] | None, t: BookTimes) -> str:
    """`Wed 11 March 08:00 to 17:00`; the day only once where there is only one."""
    if not value:
        return "at no time given"
    start, end = datetime.fromisoformat(value["start"]), datetime.fromisoformat(value["end"])
    return f"{t.at(start)} to {t.on(start).at(end)}"


def day(local: datetime) -> str:
    """`Thu 5 March`."""
    return f"{local:%a} {local.day} {local:%B}"


class PromiseWords:
    """Promises in words. A verdict names only its promise, so what was promised is remembered from its making."""

    def __init__(self) -> None:
        self._obligations: dict[str, str] = {}

    def line(self, entry: Entry, t: BookTimes) -> Line:
        """One promise.* event."""
        data, kind = entry.data, entry.type.removeprefix("promise.").removesuffix(".v1")
        if "obligation" in data:
            self._obligations[data["promiseId"]] = str(data["obligation"])
        obligation = self._obligations.get(str(data.get("promiseId")), "?")
        promised, kept, broken = OBLIGATIONS.get(
            obligation, (obligation, f"{obligation} done", f"{obligation} not done")
        )
        due = t.text(data.get("dueAt"))
        tone: Tone = "plain"
        if kind == "made":
            what = f"promises {promised} by {due}"
        elif kind == "at-risk":
            what = f"promise at risk: {promised} by {due}, and nothing says so yet"
        elif kind == "kept":
            what, tone = f"promise kept: {kept}, {_margin(data)} before it was due ({due})", "good"
        elif kind == "broken":
            what, tone = f"promise broken: {broken} by {due}", "bad"
        else:
            what = in_words(entry.type, data, t)
        return Line(entry.at, entry.service, what, notes(entry, t), tone=tone, about=_name(entry))


def _margin(data: Mapping[str, Any]) -> str:
    due, at = datetime.fromisoformat(data["dueAt"]), datetime.fromisoformat(data["at"])
    return span(due - at)


def _asked(d: Mapping[str, Any], t: BookTimes) -> str:
    what = f"asks for {d.get('outageClass')} work, {during(d.get('plannedPeriod'), t)}, on {places(d.get('extent'))}"
    return what + (f": {d['reason']}" if d.get("reason") else "")


def _rejected(d: Mapping[str, Any], t: BookTimes) -> str:
    lawful = (
        f"; the earliest lawful start is {t.text(d['earliestLawfulStart'])}" if d.get("earliestLawfulStart") else ""
    )
    return f"refuses the plan: {', '.join(d.get('reasons', ()))}{lawful}"


def _published(d: Mapping[str, Any], t: BookTimes) -> str:
    inform = f"; key customers must know by {t.text(d['informBy'])}" if d.get("informBy") else ""
    return f"publishes the notice {d.get('noticeId')}{inform}"


def _reported(d: Mapping[str, Any], _: BookTimes) -> str:
    return f"passes on a fault report ({d.get('reportingKind', 'call')}, {d.get('territory', 'urban')} territory)"


def _crew(d: Mapping[str, Any], _: BookTimes) -> str:
    crew = f": {d['crewId']}" if d.get("crewId") else ""
    return f"{CREW.get(str(d.get('crewStatus')), 'Crew status')}{crew}"


def _expected(d: Mapping[str, Any], t: BookTimes) -> str:
    if d.get("ert"):
        return f"now expects the power back at {t.text(d['ert'])}"
    return "does not know any more when the power comes back"


def _cleared(d: Mapping[str, Any], t: BookTimes) -> str:
    return f"says the cause is cleared since {t.text(d.get('clearedAt'))}" + (
        f": {d['cause']}" if d.get("cause") else ""
    )


def _restored(d: Mapping[str, Any], t: BookTimes) -> str:
    scope = "everywhere" if d.get("scope", "all") == "all" else "in part"
    return f"says the power is back {scope} since {t.text(d.get('restoredAt'))}"


# Where a log book says it otherwise than a history does, or shorter.
OWN: Mapping[str, Callable[[Mapping[str, Any], BookTimes], str]] = {
    "planned.requested.v1": _asked,
    "plan.accepted.v1": lambda _, __: "finds the plan lawful: it may go ahead",
    "plan.rejected.v1": _rejected,
    "notice.published.v1": _published,
    "fault.reported.v1": _reported,
    "crew.status.v1": _crew,
    "ert.changed.v1": _expected,
    "cause.cleared.v1": _cleared,
    "supply.restored.v1": _restored,
    "restoration.confirmed.v1": lambda d, t: (
        f"confirms: power is back for everyone since {t.text(d.get('restoredAt'))}"
    ),
    "followup.due.v1": lambda d, _: f"asks a person to call back whoever reported it ({d.get('reportId')})",
    "outage.closed.v1": lambda _, __: "closes the outage: the power has stayed on",
}
TONES: Mapping[str, Tone] = {
    "plan.accepted.v1": "good",
    "plan.rejected.v1": "bad",
    "restoration.confirmed.v1": "good",
    "notice.breached.v1": "bad",
    "message.undelivered.v1": "bad",
    "message.expired.v1": "bad",
    "contact.unreached.v1": "bad",
}


def places(extent: Mapping[str, Any] | None) -> str:
    """The lines and areas of an extent, by name."""
    found = extent or {}
    names = [*found.get("lines", ()), *found.get("areas", ()), *found.get("transformers", ())]
    return ", ".join(str(name) for name in names) or "places not said"


def line(entry: Entry, t: BookTimes) -> Line:
    """Any other event."""
    wording = OWN.get(entry.type)
    said = wording(entry.data, t) if wording else in_words(entry.type, entry.data, t)
    who = "dispatch" if entry.type in DISPATCH else entry.service
    what = said.removeprefix("Dispatch ") if who == "dispatch" else said
    tone = TONES.get(entry.type, "plain")
    # A notice goes to the public: what the paper prints is part of the story.
    body = entry.data.get("text", {}).get("zh-CN") if entry.type.startswith("notice.") else None
    return Line(entry.at, who, what, notes(entry, t), body, tone, _name(entry))


def _name(entry: Entry) -> str:
    return entry.stream_id.partition("/")[2]


def notes(entry: Entry, t: BookTimes) -> tuple[str, ...]:
    """Why, and which rules with their sources."""
    return tuple(_notes(entry, t))


def _notes(entry: Entry, t: BookTimes) -> Iterator[str]:
    rule = entry.data.get("rule")
    own = entry.data.get("reason")
    if rule and entry.type != "promise.at-risk.v1":
        why = f"why: {own} · " if own and entry.type.startswith("promise.") else ""
        yield f"{why}rule {rule_words(rule)}"
    elif entry.type in ("outage.closed.v1", "restoration.confirmed.v1", "restoration.refused.v1"):
        yield f"why: {own or entry.reason}"
    refused = entry.type == "plan.rejected.v1"
    required = ""
    for finding in entry.data.get("findings", ()):
        if finding.get("holds") is refused:
            continue  # of a refusal only what is not met; of a plan that may go ahead what is met
        rule = rule_words(finding.get("rule") or {})
        yield f"why: {finding.get('reason')}{_in_hand(finding.get('marginSeconds'))} · rule {rule}"
        words = str(finding.get("required") or "")
        figure = words.rpartition(": ")[2]
        if refused and figure and figure != required:
            yield f"required: {_local(words, t)}"
        required = figure


def _in_hand(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f", {span(timedelta(seconds=seconds))} {'in hand' if seconds >= 0 else 'short'}"


def _local(sentence: str, t: BookTimes) -> str:
    """A sentence with the instants in it written as the book writes them."""
    return " ".join(t.text(word.rstrip(",;")) + word[len(word.rstrip(",;")) :] for word in sentence.split(" "))


def rule_words(rule: Mapping[str, Any]) -> str:
    """`cn.fault.crew-45min (第2篇 第十条(二)5)`; says so where the rule was not checked against its source."""
    source = f" ({rule['source']})" if rule.get("source") else ""
    doubt = "" if rule.get("verified", True) else ", not yet checked against its source"
    return f"{rule.get('ruleId')}{source}{doubt}"
