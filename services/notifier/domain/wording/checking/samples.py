"""Make the values with which texts are checked: the longest that can come, in both alphabets, for every kind of customer. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import product
from typing import Any, Final, Literal, get_args

from schemas.contracts.base import CrewStatusKind, OutageClass, Period
from services.notifier.domain.customer.texts.breach_texts import SPOKEN
from services.notifier.domain.wording.life_support import LifeSupport
from services.notifier.domain.wording.templates import NamedSupply, TemplateFields

Alphabet = Literal["han", "latin"]
Known = Literal["ert", "by", "both"]
Kind = Literal["site", "site-unnamed", "home", "home-unnamed", "home-life-support", "several-supplies"]
OF_SUPPLIES: Final = frozenset({"supply-lost", "one-still-lost", "supply-back", "supply-corrected"})
REF: Final = "W8W8W"
_KNOWN: Final[Mapping[Known, str]] = {"ert": "ert", "by": "by"}
_CALLED: Final = {"restored": "restored_at"}
_BY_CLASS: Final = frozenset({"work", "reason", "work_kind", "because", "cause_said", "work_or_breach", "is", "was"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One customer and outage. `kind` and `alphabet` say in a report which one."""

    kind: Kind
    alphabet: Alphabet
    words: TemplateFields


_NAMES: Final[Mapping[Alphabet, tuple[str, str, str]]] = {
    "han": (
        "东江市高新技术产业开发区第二工业园区滨江大道一百二十八号三号楼",
        "东江市高新技术产业开发区滨江二十四号线",
        "呼吸机和制氧机",
    ),
    "latin": (
        "Unit 12, 128 North Riverside Industrial Park Road, East",
        "Riverside Industrial Park Line 24, Section 3",
        "ventilator",
    ),
}
"""Site, line and device, longer than a text has room for."""
_CAUSES: Final = {"han": "树木倒伏压断高压线路杆塔", "latin": "a tree fallen across the line"}


def variations(zone: tzinfo, fields: frozenset[str], has: Collection[str]) -> Iterator[TemplateFields]:
    """All that a text with these `fields` may have to say besides places: kinds of outage, crews, causes, breaches, known times.

    The times are the longest: days that change within the text, two figures everywhere. `has`: those that there are.
    """
    classes: tuple[OutageClass, ...] = get_args(OutageClass) if fields & _BY_CLASS else ("fault",)
    crews: tuple[CrewStatusKind | None, ...] = (None,)
    if fields & {"work", "still", "work_or_breach"}:
        crews = (*get_args(CrewStatusKind), None)
    causes = (True, False) if fields & {"because", "cause_said", "is", "work"} else (False,)
    breaches: tuple[str | None, ...] = (None,)
    if "breach" in has and fields & {"breach", "work_or_breach"}:
        breaches = tuple(sorted(SPOKEN))
    expected: tuple[Known, ...] = tuple(known for known, name in _KNOWN.items() if name in has) or ("by",)
    if fields & {"expected", "outlook"} and "ert" in has:
        # A time of which nobody is sure is said with the next word.
        expected, has = (*expected, "both"), {*has, "by"}
    base = _instants(zone, has)
    for outage_class, crew, cause, breach, known in product(classes, crews, causes, breaches, expected):
        yield replace(
            base,
            outage_class=outage_class,
            crew_assigned=crew is not None,
            crew=crew,
            cause="cause" if cause else None,
            breach=breach,
            was=_another(outage_class) if "was" in has else None,
            preliminary=known == "both",
            ert=base.ert if known != "by" else None,
            by=base.by if known != "ert" else None,
        )


def _another(outage_class: OutageClass) -> OutageClass:
    """The class with the longest name that it is not."""
    return "curtailment" if outage_class != "curtailment" else "planned"


def customers(words: TemplateFields, name: str) -> Iterator[Sample]:
    """The text `name` that says this to every kind of customer, with the longest names in either alphabet."""
    kinds: tuple[Kind, ...] = ("several-supplies",) if name in OF_SUPPLIES else get_args(Kind)
    for alphabet, kind in product(get_args(Alphabet), kinds):
        yield Sample(kind, alphabet, of_kind(words, kind, alphabet))


def _instants(zone: tzinfo, has: Collection[str]) -> TemplateFields:
    def at(day: int, hour: int, minute: int) -> datetime:
        return datetime(2026, 11, day, hour, minute, tzinfo=zone)

    known = {
        "period": Period(start=at(28, 22, 45), end=at(29, 18, 45)),
        "previous": Period(start=at(26, 22, 45), end=at(27, 18, 45)),
        "since": at(20, 21, 12),
        "told": at(20, 22, 45),
        "said": at(20, 21, 25),
        "ert": at(21, 10, 45),
        "by": at(21, 10, 45),
        "restored": at(21, 10, 35),
        "steady": timedelta(minutes=15),
    }
    given: dict[str, Any] = {_CALLED.get(name, name): value for name, value in known.items() if name in has}
    return TemplateFields("fault", **given, now=at(20, 23, 10))


def of_kind(words: TemplateFields, kind: Kind, alphabet: Alphabet) -> TemplateFields:
    """`words` as one kind of customer is told them."""
    address, line, device = _NAMES[alphabet]
    cause = _CAUSES[alphabet] if words.cause else None
    words = replace(words, address=address, line=line, area=address, cause=cause)
    if kind in ("site-unnamed", "home-unnamed"):
        words = replace(words, address=None, line="", area="")
    if kind.startswith("home"):
        words = replace(words, home=True)
    if kind == "home-life-support":
        words = replace(words, care=LifeSupport(device, timedelta(minutes=470)))
    if kind == "several-supplies":
        words = replace(words, supplies=(NamedSupply("main", line),), still=(NamedSupply("standby", line),))
    return words
