"""Word one text for several sites of one telephone as their contact would read it, without sending it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from operations.errors import Misused
from operations.texts.preview import TextPreview, code_for, fields_for, longest, worded
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import Trigger
from services.notifier.domain.customer.lanes import lane_of
from services.notifier.domain.events import TextFrame
from services.notifier.domain.handset.merging import MOST_SEGMENTS, MOST_SITES, SiteText, alike, merged
from services.notifier.domain.wording.checking.samples import OF_SUPPLIES, REF, Alphabet, Kind, of_kind
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import TemplateBook, TemplateFields, UtilityVoice, frame

KINDS: Sequence[Kind] = ("site", "home")


def at_worst_together(name: str, book: TemplateBook, voice: UtilityVoice, sites: int) -> list[TextPreview]:
    """The text for so many sites with the longest names and times, for sites and homes, in both alphabets.

    Raises:
        Misused: it is never said for several, or not for so many.

    """
    if name in OF_SUPPLIES:
        raise Misused(f"{name} is about one customer's supplies: it is never said for several sites")
    if not 1 < sites <= MOST_SITES:
        raise Misused(f"one text speaks for 2 to {MOST_SITES} sites")
    words = longest(name, book, voice)
    found: list[TextPreview] = []
    for kind in KINDS:
        for alphabet in get_args(Alphabet):
            said = of_kind(words, kind, alphabet)
            named = [
                f"{said.address}{number}" if alphabet == "han" else f"{number} {said.address}"
                for number in range(10, 10 + sites)
            ]
            texts = [_site(str(at), name, book, replace(said, address=one), voice, REF) for at, one in enumerate(named)]
            found += _merged([text for text in texts if text is not None], f"{kind}s, {alphabet}", name, book)
    return found


def for_customers(
    profiles: Sequence[CustomerUpserted], name: str, book: TemplateBook, voice: UtilityVoice, now: datetime
) -> list[TextPreview]:
    """What a telephone gets that all these customers have for a contact: one text for those that are alike, and the others' own."""
    apart: list[TextPreview] = []
    together: dict[str, list[SiteText]] = {}
    for profile in profiles:
        words, code = fields_for(profile, name, book, now), code_for(profile, name)
        text = _site(profile.customer_id, name, book, words, voice, code, profile)
        if text is None:
            apart.append(worded(profile.customer_id, name, book, words, voice, code))
        else:
            together.setdefault(alike(text.frame), []).append(text)
    return [*(one for texts in together.values() for one in _merged(texts, "", name, book)), *apart]


def _site(
    id_: str,
    name: str,
    book: TemplateBook,
    words: TemplateFields,
    voice: UtilityVoice,
    code: str,
    profile: CustomerUpserted | None = None,
) -> SiteText | None:
    """The text to one of them; None where it says what is theirs alone."""
    shared = frame(book, name, words, voice)
    if shared is None:
        return None
    trigger: Trigger = next((one for one in get_args(Trigger) if one == name), "fault")
    lane = lane_of(profile, trigger, soon=True) if profile is not None else "key"
    own = worded(id_, name, book, words, voice, code).body
    return SiteText(id_, id_, lane, own, TextFrame(words=shared[0], site=shared[1], code=code, language=book.language))


def _merged(texts: Sequence[SiteText], whom: str, name: str, book: TemplateBook) -> Iterator[TextPreview]:
    """As many texts as it takes; `whom`: for whom, where they have no names of their own."""
    left, version = list(texts), book.texts[name][0]
    while left:
        one = merged(left)
        spoken = [one.leader, *one.carried] if one is not None else left[:1]
        body = one.body if one is not None else left[0].body
        count = f"{len(spoken)} " if len(spoken) > 1 else "one of the "
        named = f"{count}{whom}" if whom else ", ".join(text.customer_id for text in spoken)
        yield TextPreview(named, f"{book.language}/{name}", version, body, segments(body), MOST_SEGMENTS)
        left = [text for text in left if text not in spoken]
