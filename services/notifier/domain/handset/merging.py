"""Word one text for several sites of one telephone: the words that all of them have, and the sites by name. Pure.

Alike are texts that say the same to the letter, but for the site and the code. So the merged text says nothing of any site that
its own text would not have said. It bears the code of the first of them.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from schemas.contracts.messages import Lane
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.events import TextFrame
from services.notifier.domain.wording.segments import clean, segments
from services.notifier.domain.wording.templates import book_for
from services.wording.speakers import PLACE_LEAST, PLACE_LIMIT, PLACE_LIMIT_LATIN, site

MOST_SEGMENTS: Final = 6
"""So many segments a merged text may cost: twenty sites by name in Chinese. What does not fit is another text."""
MOST_SITES: Final = 40
COUNT, SITES, CODE = "{count}", "{sites}", "{code}"


class SiteText(NamedTuple):
    """A text to one customer, ready to go."""

    message_id: str
    customer_id: str
    lane: Lane
    body: str
    frame: TextFrame


class MergedText(NamedTuple):
    """One text that speaks for several customers. `leader` is sent; `carried` go with it. `body` is what is sent."""

    leader: SiteText
    carried: tuple[SiteText, ...]
    body: str


def alike(frame: TextFrame) -> str:
    """The key of texts that may be merged: 32 hex digits."""
    return sha256(f"{frame.language}|{frame.words}".encode()).hexdigest()[:32]


def merged(texts: Sequence[SiteText]) -> MergedText | None:
    """As many of these alike texts, each to another customer, as one text has room for; None where that is one alone.

    The most urgent leads, of those the first by id: the same sites have the same code each time. Two customers at one site are
    one site, and if that is all, the leader's own words are what is sent.
    """
    first = sorted(texts, key=lambda one: (LANE_RANK[one.lane], one.customer_id, one.message_id))
    ordered = list({one.customer_id: one for one in reversed(first)}.values())[::-1][:MOST_SITES]
    for count in range(len(ordered), 1, -1):
        if (body := _body(ordered[:count])) is not None:
            return MergedText(ordered[0], tuple(ordered[1:count]), body)
    return None


def _body(texts: Sequence[SiteText]) -> str | None:
    """The words for all of them; None where they do not fit."""
    frame = texts[0].frame
    chinese = book_for(frame.language).chinese
    most = PLACE_LIMIT if chinese else PLACE_LIMIT_LATIN
    for limit in range(most, PLACE_LEAST - 1, -1):
        names = list(dict.fromkeys(site(one.frame.site, limit) for one in texts))
        if len(names) < len({one.frame.site for one in texts}):
            return None  # cut so short that two sites read alike: which is meant nobody could tell
        if len(names) == 1:
            return texts[0].body
        joined = ("、" if chinese else "; ").join(names)
        words = frame.words.replace(COUNT, str(len(names))).replace(CODE, frame.code)
        body = clean(words.replace(SITES, joined))
        if segments(body).count <= MOST_SEGMENTS:
            return body
    return None
