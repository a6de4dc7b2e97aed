"""What a country's carriers allow, and which provider carries texts there: rules as data, read from TOML. Pure.

The product's own table is services/notifier/countries.toml; OUTAGE_SMS_COUNTRIES names another.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

DEFAULT: Final = "default"
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_COUNTRY: Final = re.compile(r"[A-Z]{2}|default")


class CountriesError(ValueError):
    """The table of countries cannot be used; the message says where and what to write."""


class Carriage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one provider carries texts to one country."""

    weight: Annotated[int, Meta(ge=0, le=1000)] = 100
    """Its share beside the others'; 0: only while no other can."""
    identical_per_day: Annotated[int, Meta(ge=1)] | None = None
    """The same words to one number in 24 hours: more are refused, or silence the number."""
    per_day: Annotated[int, Meta(ge=2)] | None = None
    """Texts to one number in 24 hours; the last is kept for words that power is back, off again, or was said wrongly."""
    signature: bool = False
    """Texts must begin with the sender's registered name in 【】."""
    two_way: bool | None = None
    """Whether its texts can be answered there; None: as the country says, and no text asks for an answer by itself."""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: dict[str, Carriage]
    source: str = ""
    verified: bool = False
    two_way: bool = True
    urls: bool = True
    hours: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Country:
    """The rules of one country."""

    providers: Mapping[str, Carriage]
    two_way: bool = True
    """Whether texts can be answered, where nothing is said of their provider."""
    urls: bool = True
    """Whether texts may hold addresses."""
    hours: tuple[time, time] | None = None
    """From when until when texts are carried, by the clocks of `zone`; None: always."""
    zone: ZoneInfo | None = None

    def takes_answers(self, provider: str) -> bool:
        """Whether a text that this provider carries can be answered."""
        rule = self.providers.get(provider)
        return self.two_way if rule is None or rule.two_way is None else rule.two_way

    def invites_answers(self, provider: str) -> bool:
        """Whether such a text may ask for an answer: it is said of that very provider that it brings them to us."""
        rule = self.providers.get(provider)
        return rule is not None and rule.two_way is True

    def opens(self, at: datetime) -> datetime:
        """The instant from which texts are carried: `at` itself within the hours."""
        if self.hours is None or self.zone is None:
            return at
        begins, ends = self.hours
        local = at.astimezone(self.zone)
        clock = local.time()
        if begins <= clock < ends if begins <= ends else clock >= begins or clock < ends:
            return at
        day = local.date() if clock < begins else local.date() + timedelta(days=1)
        return datetime.combine(day, begins, self.zone).astimezone(at.tzinfo)


@dataclass(frozen=True, slots=True)
class Countries:
    """The whole table."""

    rules: Mapping[str, Country]

    def of(self, country: str | None) -> Country:
        """The rules of a country, by ISO 3166; those of `default` where it has none of its own or is not known."""
        return self.rules.get(country or DEFAULT, self.rules[DEFAULT])


def read_countries(text: str) -> Countries:
    """The table that a file holds.

    Raises:
        CountriesError: it cannot be used.

    """
    try:
        written = msgspec.convert(tomllib.loads(text), dict[str, _Written])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CountriesError(f"the table of countries cannot be read: {error}") from None
    if DEFAULT not in written:
        raise CountriesError("the table of countries has no [default]: say there what holds for all that are not named")
    return Countries({name: _country(name, one) for name, one in written.items()})


def _country(name: str, written: _Written) -> Country:
    if _COUNTRY.fullmatch(name) is None:
        raise CountriesError(f"[{name}] is no country: write ISO 3166, e.g. [CN]")
    if not written.providers:
        raise CountriesError(f"[{name}] names no provider: write a table [{name}.providers.twilio], say")
    hours, zone = None, None
    if written.hours is not None:
        found = _HOURS.fullmatch(written.hours)
        if found is None:
            raise CountriesError(f'[{name}] hours = "{written.hours}" are none: write e.g. "08:00-21:00"')
        begins, ends = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if begins == ends:
            raise CountriesError(f"[{name}] hours begin when they end: leave them out where texts are always carried")
        try:
            hours, zone = (begins, ends), ZoneInfo(written.zone or "")
        except (ValueError, KeyError):
            raise CountriesError(
                f'[{name}] has hours and no zone to count them in: write e.g. zone = "Asia/Shanghai"'
            ) from None
    return Country(written.providers, written.two_way, written.urls, hours, zone)
