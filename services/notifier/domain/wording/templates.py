"""Render a text from its trigger, the customer's language and what is so. The wording is in templates/*.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, get_args

from schemas.contracts.base import CrewStatusKind, OutageClass, Period
from schemas.contracts.customers import SupplyRole
from schemas.contracts.messages import Trigger
from services.notifier.domain.wording.causes import cause_said, not_then
from services.notifier.domain.wording.life_support import LifeSupport, ahead, device_name, lasting, while_off
from services.notifier.domain.wording.segments import GSM7_PART, UCS2_PART, clean, segments
from services.places import cleaned, gsm_friendly, without_addresses
from services.wording.crews import still_phrase, work_phrase
from services.wording.speakers import (
    PLACE_LEAST,
    PLACE_LIMIT,
    PLACE_LIMIT_LATIN,
    PLACE_TIGHT,
    SITE_TIGHT,
    Speaker,
    cut,
    has_han,
    shorten,
    site,
    speaker,
)

HERE: Final = Path(__file__).parents[2] / "templates"
DEFAULT_LANGUAGE: Final = "zh-CN"
SEGMENT_AIM: Final = 2
"""What places and causes are cut for. With the longest times that may not do: `at_most` of a text says what it costs then."""
SEGMENT_AIM_MORE: Final = 3
"""To a home where somebody's life hangs on a device: what it says of that is worth a segment. At the worst also of supplies."""
# Words beside those of the triggers: power said to be back and not proven; what we said last was wrong, or may be; off and on;
# there was no outage; since when, or why, is otherwise than we said; it is a fault and no work, or the other way round; and of
# whoever has several supplies: one is lost; one is back, another not; all are back; one was never lost. Of planned work: as named.
OTHERS: Final = (
    *("curtailment", "reminder", "not-begun", "not-done", "ert-earlier", "ert-withdrawn"),
    *("unconfirmed", "taken-back", "denied", "unstable", "withdrawn", "corrected", "reclassified", "perhaps-back"),
    *("supply-lost", "one-still-lost", "supply-back", "supply-corrected"),
)
PLACES: Final = ("you", "you-within", "concerned")
"""Phrases that name the reader's site."""
ABOUT_THE_CAUSE: Final = frozenset({"corrected", "reclassified"})


@dataclass(frozen=True)
class UtilityVoice:
    """Who speaks: from the utility's settings. `signatures` holds other languages' names, by tag."""

    signature: str
    hotline: str
    zone: tzinfo
    signatures: Mapping[str, str] = field(default_factory=dict)
    emergency: str = "120"
    """Whom to call whose life is in danger."""


class NamedSupply(NamedTuple):
    """A supply as a text names it: its role, and the line or transformer on which it hangs, or its own id."""

    role: SupplyRole
    name: str


@dataclass(frozen=True)
class TemplateFields:
    """What a text may speak of. Instants aware; None where it is not known or not meant.

    `now`: when it is said. A time of another year is said with its year.
    """

    outage_class: OutageClass
    address: str | None = None
    """Names the customer's site: its address, else its name."""
    line: str = ""
    area: str = ""
    period: Period | None = None
    previous: Period | None = None
    since: datetime | None = None
    ert: datetime | None = None
    told: datetime | None = None
    said: datetime | None = None
    by: datetime | None = None
    restored_at: datetime | None = None
    steady: timedelta | None = None
    preliminary: bool = False
    """Nobody is sure of `ert`: the next word is promised by `by`."""
    crew_assigned: bool = False
    crew: CrewStatusKind | None = None
    cause: str | None = None
    breach: str | None = None
    was: OutageClass | None = None
    """What we had said it is."""
    home: bool = False
    """It is a private home."""
    care: LifeSupport | None = None
    """Somebody's life hangs on a device there."""
    supplies: tuple[NamedSupply, ...] = ()
    """Of several supplies those that the text is about; none where it is about all."""
    still: tuple[NamedSupply, ...] = ()
    """Those that are lost all the same."""
    now: datetime = field(kw_only=True)


@dataclass(frozen=True)
class Rendered:
    """A text ready to be frozen into an intent."""

    body: str
    language: str
    template_id: str
    template_version: int


@dataclass(frozen=True)
class TemplateBook:
    """One language's texts."""

    language: str
    texts: Mapping[str, tuple[int, str]]
    phrases: Mapping[str, str]
    at_most: Mapping[str, int] = field(default_factory=dict)
    """Segments that some of them may cost at the worst, where it is more than SEGMENT_AIM."""

    @property
    def chinese(self) -> bool:
        """Whether it is written in Chinese characters."""
        return self.language.startswith("zh")


@cache
def books() -> Mapping[str, TemplateBook]:
    """Every language there is.

    Raises:
        ValueError: a language lacks a trigger; the message names it.

    """
    return {path.stem: read_book(path) for path in sorted(HERE.glob("*.toml"))}


def read_book(path: Path) -> TemplateBook:
    """One language's texts, out of its file.

    Raises:
        ValueError: it is no TOML, or lacks a trigger; the message names it.

    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    names = (*get_args(Trigger), *OTHERS)
    missing = [name for name in names if name not in data]
    if missing:
        raise ValueError(f"{path.name} has no text for {', '.join(missing)}: add a table for each")
    texts = {name: (int(data[name]["version"]), str(data[name]["text"])) for name in names}
    at_most = {name: int(data[name]["at_most"]) for name in names if "at_most" in data[name]}
    return TemplateBook(path.stem, texts, data["phrases"], at_most)


def book_for(language: str) -> TemplateBook:
    """The texts in `language`, in another form of it (en-GB → en), or in the default."""
    known = books()
    if language in known:
        return known[language]
    base = language.partition("-")[0]
    return next((book for tag, book in known.items() if tag.partition("-")[0] == base), known[DEFAULT_LANGUAGE])


def render(
    trigger: Trigger, language: str, words: TemplateFields, voice: UtilityVoice, ref: str, template: str | None = None
) -> Rendered:
    """The text, within two segments where cutting the place can do it. Times are never cut, Chinese never replaced.

    `template`: one of OTHERS, where the trigger's own words would not be true.

    Raises:
        KeyError, ValueError: `words` lacks what the trigger's text speaks of: a bug of the caller.

    """
    return render_by(book_for(language), template or trigger, words, voice, ref)


def render_by(book: TemplateBook, name: str, words: TemplateFields, voice: UtilityVoice, ref: str) -> Rendered:
    """The same by a given book and the name of its text."""
    words = _sayable(words, book)
    version, text = book.texts[name]
    aim = segment_aim(book, name, words)
    most = PLACE_LIMIT if book.chinese else PLACE_LIMIT_LATIN
    whole = clean(text.format_map(_fields(book, words, voice, ref, most)))
    # A cause is said where there is room for it; where the text is about the cause, it is what the place gives way to.
    without = (
        [replace(words, cause=None)] if words.cause and "{because}" in text and name not in ABOUT_THE_CAUSE else []
    )
    tries = (
        clean(text.format_map(_fields(book, said, voice, ref, limit)))
        for said in (words, *without)
        for limit in (*range(most, PLACE_LEAST - 1, -1), PLACE_TIGHT, PLACE_TIGHT - 4)
    )
    # Where cutting does not save a segment, the place stays whole: an engineer with two sites must know which.
    body = whole if segments(whole).count <= aim else next((one for one in tries if segments(one).count <= aim), whole)
    return Rendered(body, book.language, f"{book.language}/{name}", version)


def frame(book: TemplateBook, name: str, words: TemplateFields, voice: UtilityVoice) -> tuple[str, str] | None:
    """The text with {count}, {sites} and {code} in place of site and code, and the site; None where it is theirs alone.

    What hangs on a device of one home, or on one of their supplies, is said to that customer and to nobody else.
    """
    words = _sayable(words, book)
    if words.address is None or words.care is not None or words.supplies or words.still:
        return None
    most = PLACE_LIMIT if book.chinese else PLACE_LIMIT_LATIN
    fields = dict(_fields(book, words, voice, "{code}", most))
    of_home = "-home" if words.home else ""
    for place in PLACES:
        if place in book.phrases:
            several = book.phrases[f"{place}{of_home}-several"]
            fields[place.replace("-", "_")] = several.format(count="{count}", sites="{sites}")
    return clean(book.texts[name][1].format_map(_Fields(fields))), words.address


def uncut(book: TemplateBook, name: str, words: TemplateFields, voice: UtilityVoice, ref: str) -> str:
    """The same with places as long as they may be, whatever it costs."""
    most = PLACE_LIMIT if book.chinese else PLACE_LIMIT_LATIN
    return clean(book.texts[name][1].format_map(_fields(book, _sayable(words, book), voice, ref, most)))


def segment_aim(book: TemplateBook, name: str, words: TemplateFields) -> int:
    """For how many segments a text that says this is cut."""
    text = book.texts[name][1]
    more = words.care is not None and ("{care}" in text or "{prepare}" in text)
    # A time of which nobody is sure is said with the next word: that is worth one more.
    return _in_alphabet((SEGMENT_AIM_MORE if more else SEGMENT_AIM) + words.preliminary, book, words)


def segment_limit(book: TemplateBook, name: str, words: TemplateFields) -> int:
    """How many segments it may cost at the worst."""
    several = SEGMENT_AIM_MORE if words.supplies or words.still else SEGMENT_AIM
    at_most = max(several, book.at_most.get(name, SEGMENT_AIM)) + words.preliminary
    return max(segment_aim(book, name, words), _in_alphabet(at_most, book, words))


def _in_alphabet(count: int, book: TemplateBook, words: TemplateFields) -> int:
    """The same room in letters, where names that there are in Chinese only stand in a Latin text: each letter costs twice then."""
    named = (words.address or "", words.line, words.area, *(one.name for one in (*words.supplies, *words.still)))
    return -(-count * GSM7_PART // UCS2_PART) if not book.chinese and any(map(has_han, named)) else count


def _sayable(words: TemplateFields, book: TemplateBook) -> TemplateFields:
    """`words` with what others wrote made fit for a text: on one line, without links, in English without costly marks."""

    def say(written: str) -> str:
        plain = without_addresses(cleaned(written))
        return plain if book.chinese else gsm_friendly(plain)

    # A cause that sends the reader to a page is no cause without it.
    linked = words.cause is not None and without_addresses(cleaned(words.cause)) != cleaned(words.cause)
    return replace(
        words,
        address=say(words.address) or None if words.address else None,
        line=say(words.line),
        area=say(words.area),
        cause=say(words.cause) or None if words.cause and not linked else None,
        care=replace(words.care, device=say(words.care.device)) if words.care and words.care.device else words.care,
        supplies=tuple(NamedSupply(one.role, say(one.name)) for one in words.supplies),
        still=tuple(NamedSupply(one.role, say(one.name)) for one in words.still),
    )


class _Fields(dict[str, str]):
    def __missing__(self, key: str) -> str:
        raise KeyError(f"the text speaks of {{{key}}}, which this outage does not have")


def _fields(book: TemplateBook, words: TemplateFields, voice: UtilityVoice, ref: str, limit: int) -> Mapping[str, str]:
    say, phrases = speaker(book.language, words.now, voice.zone), book.phrases
    fields = _Fields(signature=voice.signatures.get(book.language, voice.signature), hotline=voice.hotline, ref=ref)
    _times(fields, say, words, voice.zone)
    _places(fields, phrases, words, limit)
    planned = words.outage_class in ("planned", "temporary", "curtailment")
    kind = words.outage_class if planned else "planned"
    fields["reason"] = phrases[f"reason-{kind}"]
    fields["work_kind"] = phrases[f"kind-{kind}"]
    cause = phrases[f"cause-{kind}"] if planned else cause_said(words.cause, chinese=book.chinese)
    fields["because"] = phrases["because"].format(cause=cause) if cause else ""
    fields["cause_said"] = phrases["cause-said"].format(cause=cause) if cause else ""
    fields["still"] = phrases[still_phrase(words.crew, at_work=words.crew_assigned)]
    known = words.cause is not None or words.ert is not None
    work = work_phrase(words.outage_class, words.crew, at_work=words.crew_assigned, known=known)
    fields["work"] = phrases[work]
    if words.steady is not None:
        fields["steady"] = str(int(words.steady.total_seconds()) // 60)
    if words.breach:
        fields["breach"] = phrases[f"breach-{words.breach}"]
    if words.was is not None:
        fields["was"] = phrases[f"class-{words.was}"]
        fields["is"] = cause if cause and not planned else phrases[f"class-{words.outage_class}"]
        fields["work_or_breach"] = fields.get("breach") or fields["work"]
    if "ert" in fields:
        unsure = words.preliminary and "by" in fields
        said = phrases["expected-unsure" if unsure else "expected"]
        fields["expected"] = said.format(ert=fields["ert"], by=fields.get("by", ""))
    if "expected" in fields:
        fields["outlook"] = fields["expected"]
    elif "by" in fields:
        fields["outlook"] = phrases["unknown"].format(by=fields["by"])
    fields["not_then"] = not_then(phrases, say, words.previous, words.period, voice.zone)
    _care(fields, book, say, words, voice)
    return fields


def _care(fields: dict[str, str], book: TemplateBook, say: Speaker, words: TemplateFields, voice: UtilityVoice) -> None:
    """What a home needs to know where somebody's life hangs on a device; nothing anywhere else."""
    fields["care"] = fields["prepare"] = ""
    if words.care is None:
        return
    device = device_name(words.care, book.phrases, chinese=book.chinese)
    name, until = while_off(words.care, since=words.since, ert=words.ert, now=words.now)
    first = words.told or words.since
    named = first.astimezone(voice.zone).date() if first else None
    said = say.at(until, voice.zone, named) if until is not None else ""
    fields["care"] = book.phrases[name].format(device=device, until=said, emergency=voice.emergency)
    name, battery = ahead(words.care, words.period)
    if name:
        lasts = lasting(battery, book.phrases) if battery is not None else ""
        fields["prepare"] = book.phrases[name].format(device=device, lasts=lasts)


def _times(fields: dict[str, str], say: Speaker, words: TemplateFields, zone: tzinfo) -> None:
    if words.period:
        start_day, ends = words.period.start.astimezone(zone).date(), (words.period.start, words.period.end)
        fields["period"] = say.period(words.period, zone)
        fields["start"] = say.at(words.period.start, zone, None, ends)
        fields["end"] = say.at(words.period.end, zone, start_day, ends)
    if words.previous:
        fields["previous"] = say.period(words.previous, zone)
    # Later times of one text leave out the day that its first time has named.
    first = words.told or words.since
    named = first.astimezone(zone).date() if first else None
    past = (("told", words.told), ("said", words.said), ("since", words.since), ("restored", words.restored_at))
    ahead = (("ert", words.ert), ("by", words.by))
    together = tuple(instant for _, instant in (*past, *ahead) if instant is not None)
    for name, instant in past:
        if instant is not None:
            fields[name] = say.at(instant, zone, None, together)
    for name, instant in ahead:
        if instant is not None:
            fields[name] = say.at(instant, zone, named, together)


def _places(fields: dict[str, str], phrases: Mapping[str, str], words: TemplateFields, limit: int) -> None:
    tight = limit <= PLACE_TIGHT
    address = site(words.address, SITE_TIGHT if tight else limit) if words.address else ""
    of_home = "-home" if words.home else ""
    for name in PLACES:
        if name in phrases:
            said, bare = phrases[f"{name}{of_home}"], phrases[f"{name}{of_home}-unnamed"]
            fields[name.replace("-", "_")] = said.format(address=address) if address else bare
    _supplies(fields, phrases, words, limit)
    line, area = shorten(words.line, "" if tight and words.line else words.area, limit)
    joined = phrases.get("place-joined", "{line}{area}") if line and area else "{line}{area}"
    fields["place"] = joined.format(line=line, area=area) or phrases[f"place-unnamed{of_home}"]
    fields["line"] = line
    fields["area"] = phrases["area"].format(area=area) if area else ""


def _supplies(fields: dict[str, str], phrases: Mapping[str, str], words: TemplateFields, limit: int) -> None:
    """The supplies that the text is about; where it tells of all that concerns the customer, "you" are the supply."""

    def said(some: tuple[NamedSupply, ...], known: str = "") -> str:
        """Each by its role, and by its line unless that is the one that the text names anyway."""
        roles = ((phrases[f"supply-{one.role}"], one.name) for one in some)
        each = (
            role if name == known else phrases["supply-named"].format(role=role, name=cut(name, limit))
            for role, name in roles
        )
        return phrases["supplies-joined"].join(each)

    if words.supplies:
        fields["supply"] = said(words.supplies)
        fields["of_you"] = fields["you"]
        fields["you"] = phrases["you-supply"].format(
            supply=said(words.supplies, words.line), you=fields["you"], you_within=fields.get("you_within", "")
        )
    if words.still:
        fields["still_lost"] = said(words.still)
    fields["and_still"] = phrases["and-still"].format(still_lost=fields["still_lost"]) if words.still else ""
    fields["late"] = phrases["late"] if words.told is not None else ""
