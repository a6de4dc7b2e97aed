"""Word a text as a customer would read it, without an outage and without sending: what it says, in what letters, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

import msgspec

from operations.errors import Away, Misused, NotFound
from operations.history.decoding import whole_or_part
from operations.lookup.named import SQL
from operations.system.database import connect, enter, present
from operations.system.location import Where
from schemas.contracts.base import Period
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import Trigger
from services.concerned.supplies import several
from services.notifier.domain.customer.texts.site_words import care_of, site_of, supplies_of
from services.notifier.domain.wording.answers import ASKING, invitation_of
from services.notifier.domain.wording.checking.lint import fields_of
from services.notifier.domain.wording.checking.owed import MOST, OWED
from services.notifier.domain.wording.checking.samples import OF_SUPPLIES, REF, customers, of_kind, variations
from services.notifier.domain.wording.reference import outage_code, printed_code
from services.notifier.domain.wording.segments import Segments, segments
from services.notifier.domain.wording.templates import (
    OTHERS,
    TemplateBook,
    TemplateFields,
    UtilityVoice,
    books,
    render_by,
    segment_limit,
    uncut,
)

SAMPLE_OUTAGE = "PREVIEW"
TABLES = ("customer",)
_WORK: Sequence[str] = ("planned-notice", "moved", "cancelled")


@dataclass(frozen=True, slots=True)
class TextPreview:
    """One text. `whom`: a kind of customer, or the customer's id; `limit`: segments it may cost."""

    whom: str
    template_id: str
    template_version: int
    body: str
    cost: Segments
    limit: int
    asks: str | None = None
    """What ends it to whoever is to say that they know, where the provider brings answers to us."""


def names() -> Sequence[str]:
    """What can be previewed: triggers, and the occasions with words of their own."""
    return (*get_args(Trigger), *OTHERS)


def book_of(name: str, language: str) -> TemplateBook:
    """The texts in a language.

    Raises:
        Misused: there is no such text, or none in that language; says which there are.

    """
    if name not in names():
        raise Misused(f"{name} is no text: name one of {', '.join(names())}")
    if language not in books():
        raise Misused(f"there are no texts in {language}: name one of {', '.join(sorted(books()))}")
    return books()[language]


def at_worst(name: str, book: TemplateBook, voice: UtilityVoice) -> list[TextPreview]:
    """The text with the longest values, for every kind of customer, in both alphabets."""
    return [
        worded(f"{one.kind}, {one.alphabet}", name, book, one.words, voice, REF)
        for one in customers(longest(name, book, voice), name)
    ]


def longest(name: str, book: TemplateBook, voice: UtilityVoice) -> TemplateFields:
    """What makes the text longest, but for names."""
    fields, has = fields_of(book.texts[name][1]), OWED.get(name, MOST).has
    kind, native = "several-supplies" if name in OF_SUPPLIES else "site", "han" if book.chinese else "latin"

    def length(words: TemplateFields) -> int:
        return len(uncut(book, name, of_kind(words, kind, native), voice, REF))  # type: ignore[arg-type]

    return max(variations(voice.zone, fields, has), key=length)


def for_customer(
    profile: CustomerUpserted, name: str, book: TemplateBook, voice: UtilityVoice, now: datetime
) -> TextPreview:
    """The text as this customer would read it of an outage at their own line, with times near `now`."""
    words = fields_for(profile, name, book, now)
    return worded(profile.customer_id, name, book, words, voice, code_for(profile, name))


def code_for(profile: CustomerUpserted, name: str) -> str:
    """The code that such a text to them would bear."""
    return printed_code(outage_code(profile.customer_id, SAMPLE_OUTAGE), name)


def fields_for(profile: CustomerUpserted, name: str, book: TemplateBook, now: datetime) -> TemplateFields:
    """What such a text would say to this customer.

    Raises:
        Misused: it is for whoever has several supplies, and they have one.

    """
    profile = msgspec.structs.replace(profile, language=book.language)
    words = replace(
        _outage(now, name),
        address=site_of(profile),
        home=profile.premises == "home",
        care=care_of(profile),
        line=next(iter(profile.own_lines), ""),
        area=next(iter(profile.areas), ""),
    )
    if name in OF_SUPPLIES:
        if not several(profile):
            raise Misused(f"{name} is for whoever has several supplies, and {profile.customer_id} has one")
        first, *rest = [one.id for one in profile.supplies if one.role != "own-generation"]
        words = replace(words, supplies=supplies_of(profile, [first]), still=supplies_of(profile, rest))
    has = OWED.get(name, MOST).has
    return replace(
        words,
        ert=words.ert if "ert" in has else None,
        by=words.by if "ert" not in has else None,
        told=words.told if "told" in has else None,
    )


def _outage(now: datetime, name: str) -> TemplateFields:
    now = now.replace(second=0, microsecond=0)
    eight = (now + timedelta(days=8)).replace(minute=0)
    planned = name in _WORK
    return TemplateFields(
        "planned" if planned else "temporary" if name == "temporary-notice" else "fault",
        period=Period(start=eight, end=eight + timedelta(hours=9)),
        previous=Period(start=eight - timedelta(days=1), end=eight - timedelta(hours=15)),
        since=now - timedelta(minutes=25),
        told=now - timedelta(minutes=20),
        said=now - timedelta(minutes=15),
        ert=now + timedelta(hours=2),
        by=now + timedelta(hours=1),
        restored_at=now - timedelta(minutes=5),
        steady=timedelta(minutes=15),
        crew_assigned=True,
        breach="overran" if name in ("breach-apology", "reclassified") else None,
        was="planned",
        now=now,
    )


def worded(
    whom: str, name: str, book: TemplateBook, words: TemplateFields, voice: UtilityVoice, code: str
) -> TextPreview:
    """A text that says this, with what it costs."""
    made = render_by(book, name, words, voice, code)
    limit = segment_limit(book, name, words)
    asks = invitation_of(book) if name in ASKING else None
    return TextPreview(whom, made.template_id, made.template_version, made.body, segments(made.body), limit, asks)


async def profile_of(where: Where, customer_id: str) -> CustomerUpserted:
    """A key customer as the registry has it.

    Raises:
        NotFound: there is none of that id.
        Away: the database cannot be reached, or knows no notifier.

    """
    async with connect(where) as connection:
        if not await present(connection, ["notifier"], TABLES):
            raise Away("the database knows no notifier: outagectl migrate")
        await enter(connection, "notifier")
        row = await connection.fetchrow(SQL["customer"], customer_id)
    if row is None:
        raise NotFound(f"no key customer {customer_id} is known: outagectl explain NAME finds one by name or address")
    return whole_or_part(msgspec.json.decode(row["profile"]), CustomerUpserted)
