"""Understand what somebody answers to our texts: one meaning, and the code of ours that stands in it. Pure.

It need not be understood well. Words for "no power" that are taken for something else leave somebody in the dark; others that are
taken for them cost dispatch one look. So they come before all but STOP, and what is none of these is read by a person.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple

from services.notifier.domain.replies.words import reply_words
from services.notifier.domain.wording.reference import CROCKFORD, MARK_LENGTH, REF_LENGTH, SPEAKABLE, codes_heard

Meaning = Literal["stop", "start", "help", "says-off", "says-on", "asks", "confirms", "other"]
MOST_READ: Final = 300
"""So many words of a text are looked at: nobody answers in more, and one of 1,600 characters must not hold up the others."""
_CODE_PARTS: Final = REF_LENGTH
_ABOUT_CODES: Final = frozenset({"编", "号", "ref", "code", "reference"})
"""Words that stand before a code and mean nothing by themselves."""
_MARKS: Final = (MARK_LENGTH, 2 * MARK_LENGTH)


class Understood(NamedTuple):
    """What a text means. `code`: the code of a text of ours that it names; `is_strange`: it names one, and none of ours."""

    meaning: Meaning
    code: str | None = None
    is_strange: bool = False


def understand(
    body: str,
    codes: Collection[str] = (),
    opt_out: Literal["stop", "start", "help"] | None = None,
    *,
    stopped: bool = False,
) -> Understood:
    """What a text means whose sender was given `codes`. `opt_out`: what its provider has understood and heeds by itself; `stopped`:
    the sender takes no texts at present.

    >>> understand("Ｋ７Ｍ２Ｘ 还没来电！", {"K7M2X"})
    Understood(meaning='says-off', code='K7M2X', is_strange=False)
    """  # noqa: D205 - the first line says what is asked
    words = reply_words().tokens(body)[:MOST_READ]
    code, rest = _without_code(words, codes)
    strange = code is None and any(_is_like_a_code(word) for word in rest)
    if opt_out is not None:
        return Understood(opt_out, code, strange)
    if stopped and reply_words().is_made_of("start-if-stopped", rest, "courtesy"):
        return Understood("start", code, strange)
    if code is not None and not rest:
        return Understood("confirms", code)
    return Understood(_meaning(rest), code, strange)


def _meaning(words: Sequence[str]) -> Meaning:
    known = reply_words()
    whole: tuple[Meaning, ...] = ("stop", "start", "help")
    for meaning in whole:
        if known.is_made_of(meaning, words, "courtesy") or known.found(meaning, words) is not None:
            return meaning
    # "No, thanks" is no; "ok, still off" and "yes, back" say more than that they were read.
    if known.is_made_of("says-off", words, "courtesy"):
        return "says-off"
    if known.is_made_of("says-on", words, "courtesy", "confirms"):
        return "says-on"
    if (supply := _of_supply(words)) is not None:
        return supply
    read = known.is_made_of("confirms", words, "courtesy") or known.is_made_of("courtesy", words)
    return "confirms" if read else "other"


def _of_supply(words: Sequence[str]) -> Meaning | None:
    """What it says of power. "Did not come back" has "come back" in it, "not off any more" has "off": the first counts."""
    known = reply_words()
    off, on = known.found("says-off", words), known.found("says-on", words)
    if known.found("off-again", words) is not None or (off is not None and (on is None or off < on)):
        return "says-off"
    if known.found("asks", words) is not None:
        return "asks"
    if on is not None:
        return "says-on"
    perhaps = known.found("perhaps-off", words) is not None and known.found("speaks-of-plans", words) is None
    return "says-off" if perhaps else None


def _without_code(words: Sequence[str], codes: Collection[str]) -> tuple[str | None, Sequence[str]]:
    """The first code of ours in it, however it is parted, and the other words."""
    for first in range(len(words)):
        for last in range(first + 1, min(first + _CODE_PARTS, len(words)) + 1):
            typed = "".join(words[first:last])
            if not typed.isascii():
                break
            code = next((one for one in (typed.upper(), *codes_heard(typed)) if one in codes), None)
            if code is not None:
                after = last + (last < len(words) and _is_mark(words[last]))
                before = next((n for n in range(first, 0, -1) if words[n - 1] not in _ABOUT_CODES), 0)
                return code, (*words[:before], *words[after:])
    return None, words


def _is_mark(word: str) -> bool:
    """Whether it is what follows a code to tell texts apart, and is no answer."""
    return len(word) in _MARKS and not set(word.upper()) - set(SPEAKABLE) and not word.isdigit()


def _is_like_a_code(word: str) -> bool:
    is_one = len(word) == REF_LENGTH and not set(word.upper()) - set(CROCKFORD)
    return is_one and not word.isdigit() and not word.isalpha()
