"""Check template files: what a text lacks, owes, must not hold, and what it costs with the longest values. Pure but for reading.

Each finding names file and line, the text, the rule, and what to do. Rules are those of `RULES`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Final, NamedTuple, get_args

from services.notifier.domain.events import TextFrame
from services.notifier.domain.handset.merging import MOST_SEGMENTS, SiteText, merged
from services.notifier.domain.wording.answers import ASKING, PHRASE
from services.notifier.domain.wording.checking.owed import MOST, OWED
from services.notifier.domain.wording.checking.samples import (
    OF_SUPPLIES,
    REF,
    Alphabet,
    Kind,
    Sample,
    customers,
    of_kind,
    variations,
)
from services.notifier.domain.wording.checking.word_list import ANSWER, forbidden_in
from services.notifier.domain.wording.segments import segments
from services.notifier.domain.wording.templates import (
    TemplateBook,
    TemplateFields,
    UtilityVoice,
    frame,
    read_book,
    render_by,
    segment_limit,
    uncut,
)
from services.wording.speakers import has_han

RULES: Final[Mapping[str, str]] = {
    "unreadable": "the file is a template file",
    "missing-text": "every language has a text for every trigger and occasion, and every phrase that another language has",
    "unknown-field": "a text speaks of fields that there are",
    "missing-field": "a text speaks of no field that its occasion does not have",
    "no-signature": "a text begins with who speaks",
    "no-greeting": "a Chinese text greets",
    "no-hotline": "a text says whom to call",
    "no-code": "a text bears the code of its outage",
    "no-site": "a text names the site that it is for",
    "no-apology": "a text apologises where that is owed",
    "weak-apology": "for our own error a text apologises in stronger words",
    "no-time": "a text says by when, since when or until when, as its occasion owes",
    "no-about": "an expected time is said to be about",
    "no-live-lines": "a text about power that is off says that lines are to be treated as live",
    "forbidden-word": "a text holds no trade word, relative day, link, blame, promise or fright",
    "wrong-address": "a home is no site, and a site no home",
    "too-long": "a text costs no more segments than it may, with the longest values in both alphabets",
    "no-answer": "a text that asks for an answer says which one",
    "costly-letter": "a Latin text keeps to the letters of GSM-7, or each of its letters costs twice",
}
KNOWN: Final = frozenset(
    (
        *("signature", "hotline", "ref", "you", "you_within", "of_you", "concerned", "place", "line", "area", "supply"),
        *("still_lost", "and_still", "late", "reason", "work_kind", "because", "cause_said", "still", "work", "steady"),
        *("breach", "was", "is", "work_or_breach", "expected", "outlook", "not_then", "care", "prepare"),
        *("period", "start", "end", "previous", "told", "said", "since", "restored", "ert", "by"),
    )
)
_SITE: Final = frozenset({"you", "you_within", "of_you", "concerned"})
_APOLOGY: Final = {"zh-CN": re.compile("歉"), "en": re.compile("sorry|apolog", re.IGNORECASE)}
_STRONG: Final = {
    "zh-CN": re.compile("诚恳(?:地)?道歉|赔礼道歉|诚挚(?:地)?(?:道歉|歉意)"),
    "en": re.compile(
        r"truly sorry|sincerely apologi|deeply sorry|wrong and we are sorry|sorry if what we said was wrong",
        re.IGNORECASE,
    ),
}
_LIVE: Final = {"zh-CN": re.compile("线路为带电"), "en": re.compile("lines as live")}
_ABOUT: Final = {"zh-CN": "左右", "en": "about"}
_OF_SITE: Final = {"zh-CN": "贵单位", "en": "your site"}
_OF_HOME: Final = {"zh-CN": "您家", "en": "your home"}
_HEAD: Final = re.compile(r'^\s*\[\s*"?([^\]"]+)"?\s*\]')
_KEY: Final = re.compile(r'^\s*"?([A-Za-z0-9_-]+)"?\s*=')


class LintFinding(NamedTuple):
    """One thing that is wrong. `where`: file:line; `text`: the name of the text or phrase."""

    where: str
    text: str
    rule: str
    what: str
    to_do: str


@dataclass(frozen=True, slots=True)
class _Page:
    """A file, and the line of each table and key in it."""

    path: Path
    book: TemplateBook
    lines: Mapping[tuple[str, str], int]

    def finds(self, name: str, rule: str, what: str, to_do: str, *, key: str = "text") -> LintFinding:
        line = self.lines.get((name, key)) or self.lines.get((name, "")) or 1
        return LintFinding(f"{self.path}:{line}", name if key == "text" else f"{name}.{key}", rule, what, to_do)


def lint_templates(folder: Path, voice: UtilityVoice) -> Sequence[LintFinding]:
    """All that is wrong with the template files in `folder`, in the voice of a utility; nothing where all is well."""
    pages: list[_Page] = []
    found: list[LintFinding] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            pages.append(_Page(path, read_book(path), _lines(path)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            found.append(_unreadable(path, error))
    if not pages and not found:
        what = "there is no template file in it"
        found.append(LintFinding(str(folder), "-", "unreadable", what, "name the folder that holds zh-CN.toml"))
    found += [one for page in pages for one in _phrases(page, pages)]
    for page in pages:
        for name in page.book.texts:
            static = [*_static(page, name)]
            found += static
            if not any(one.rule == "unknown-field" for one in static):
                found += _said(page, name, voice)
    return found


def _unreadable(path: Path, error: Exception) -> LintFinding:
    if isinstance(error, tomllib.TOMLDecodeError):
        return LintFinding(f"{path}:1", "-", "unreadable", f"it is no TOML: {error}", "mend it where it says")
    if isinstance(error, KeyError):
        what, to_do = f"something lacks {error}", "each text has version and text, and the file has a table [phrases]"
        return LintFinding(f"{path}:1", "-", "unreadable", what, to_do)
    return LintFinding(f"{path}:1", "-", "missing-text", str(error), "write what it names, in this language")


def _lines(path: Path) -> Mapping[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if head := _HEAD.match(line):
            table = head[1]
            found[table, ""] = number
        elif key := _KEY.match(line):
            found.setdefault((table, key[1]), number)
    return found


def fields_of(text: str) -> frozenset[str]:
    """The fields that a template speaks of."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _phrases(page: _Page, pages: Sequence[_Page]) -> Iterator[LintFinding]:
    # Grammar differs: phrases that only one language needs are looked for in that language alone.
    needed = set.intersection(*(set(other.book.phrases) for other in pages)) if len(pages) > 1 else set[str]()
    everywhere = {name for name in _by_code() if name not in needed}
    for name in sorted((everywhere | needed) - set(page.book.phrases)):
        yield page.finds("phrases", "missing-text", f"there is no phrase {name}", f"add {name} = … to [phrases]")
    language = page.book.language
    for name, phrase in page.book.phrases.items():
        if name == PHRASE and "1" not in phrase:
            yield page.finds("phrases", "no-answer", "it does not say what to answer", "say: reply 1", key=name)
        for word, why in forbidden_in(Formatter().vformat(phrase, (), _Blank()), language):
            if name == PHRASE and why == ANSWER:
                continue  # it ends a text only where that can be answered
            yield page.finds("phrases", "forbidden-word", f"“{word}”: {why}", "say it in other words", key=name)
        if name in ("expected", "expected-unsure") and _ABOUT.get(language, "") not in phrase:
            yield page.finds(
                "phrases", "no-about", "an expected time reads as certain", f"say {_ABOUT[language]}", key=name
            )


def _by_code() -> frozenset[str]:
    """Phrases that the program asks for by name, whatever the language."""
    return frozenset(
        (
            *("you", "you-unnamed", "you-home", "you-home-unnamed", "concerned", "concerned-unnamed", "concerned-home"),
            *(
                "concerned-home-unnamed",
                "you-supply",
                "supply-main",
                "supply-standby",
                "supply-named",
                "supplies-joined",
            ),
            *("and-still", "late", "place-unnamed", "place-unnamed-home", "area", "because", "cause-said", "expected"),
            *("unknown", "not-then", "device", "hours", "minutes", "care", "care-until", "prepare", "prepare-battery"),
            *("work-crew", "work-no-crew", "work-searching", "work-planned", "work-curtailment", "still-crew"),
            *("you-several", "you-home-several", "concerned-several", "concerned-home-several"),
            *(PHRASE, "still-no-crew", "work-assigned", "work-enroute", "work-complete", "expected-unsure"),
        )
    )


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _static(page: _Page, name: str) -> Iterator[LintFinding]:
    """What can be seen in a template without filling it."""
    text, language = page.book.texts[name][1], page.book.language
    fields, owed = fields_of(text), OWED.get(name, MOST)
    for field in sorted(fields - KNOWN):
        yield page.finds(
            name, "unknown-field", f"there is no field {{{field}}}", f"use one of {', '.join(sorted(KNOWN))}"
        )
    if not text.startswith(("【{signature}】", "{signature}")):
        yield page.finds(name, "no-signature", "it does not begin with who speaks", "begin with {signature}")
    if language.startswith("zh") and "您好" not in text:
        yield page.finds(name, "no-greeting", "it does not greet", "say 您好! after the signature")
    if "hotline" not in fields:
        yield page.finds(name, "no-hotline", "it does not say whom to call", "end with {hotline}")
    if "ref" not in fields:
        yield page.finds(name, "no-code", "it does not bear the code of its outage", "end with {ref}")
    if not fields & _SITE:
        yield page.finds(name, "no-site", "it does not name the site it is for", "use {you}, {concerned} or {of_you}")
    if owed.times and not fields & set(owed.times):
        times = " or ".join(f"{{{one}}}" for one in owed.times)
        yield page.finds(name, "no-time", "it does not say the time that it owes", f"say {times}")


def _said(page: _Page, name: str, voice: UtilityVoice) -> Iterator[LintFinding]:
    """What is wrong with it as customers read it: each thing once, whatever it is said for."""
    book, owed = page.book, OWED.get(name, MOST)
    native: Alphabet = "han" if book.chinese else "latin"
    fields = fields_of(book.texts[name][1])
    kind: Kind = "several-supplies" if name in OF_SUPPLIES else "site"
    seen: set[tuple[str, str]] = set()
    longest: TemplateFields | None = None
    length = -1
    try:
        for words in variations(voice.zone, fields, owed.has):
            body = uncut(book, name, of_kind(words, kind, native), voice, REF)
            if len(body) > length:
                length, longest = len(body), words
            for one in _content(page, name, body, owed.apology, live=owed.live):
                if (one.rule, one.what) not in seen:
                    seen.add((one.rule, one.what))
                    yield one
        for sample in customers(longest, name) if longest is not None else ():
            for one in _of_customer(page, name, sample, voice):
                if (one.rule, sample.kind.partition("-")[0]) not in seen:
                    seen.add((one.rule, sample.kind.partition("-")[0]))
                    yield one
        if longest is not None:
            for one in _of_several(page, name, longest, voice):
                if (one.rule, one.what) not in seen:
                    seen.add((one.rule, one.what))
                    yield one
    except (KeyError, ValueError, IndexError) as error:
        what = str(error.args[0] if error.args else error)
        yield page.finds(
            name,
            "missing-field",
            what,
            "say what its occasion has (checking/samples.py fills all there is)",
        )


def _content(page: _Page, name: str, body: str, apology: str, *, live: bool) -> Iterator[LintFinding]:
    language = page.book.language
    if apology != "none" and not _APOLOGY[language].search(body):
        yield page.finds(name, "no-apology", "it does not apologise", "say that we are sorry")
    elif apology == "strong" and not _STRONG[language].search(body):
        to_do = "我们诚恳道歉" if page.book.chinese else "we are truly sorry, or: we sincerely apologise"
        yield page.finds(
            name, "weak-apology", "it is our own error, and the apology is that of any text", f"say {to_do}"
        )
    if live and not _LIVE[language].search(body):
        to_do = "请始终视线路为带电" if page.book.chinese else "always treat lines as live"
        yield page.finds(name, "no-live-lines", "it does not say that lines may be live", f"say: {to_do}")
    for word, why in forbidden_in(body, language):
        yield page.finds(name, "forbidden-word", f"“{word}”: {why}", "say it in other words")


def _of_several(page: _Page, name: str, words: TemplateFields, voice: UtilityVoice) -> Iterator[LintFinding]:
    """What is wrong with it where one telephone gets it for several sites (domain/handset/merging.py)."""
    book, owed = page.book, OWED.get(name, MOST)
    kinds: tuple[Kind, ...] = ("site", "home") if name not in OF_SUPPLIES else ()
    for kind, alphabet in product(kinds, get_args(Alphabet)):
        said = of_kind(words, kind, alphabet)
        sites = [f"{said.address}{number}" if alphabet == "han" else f"{number} {said.address}" for number in (10, 11)]
        texts = []
        for address in sites:
            shared = frame(book, name, replace(said, address=address), voice)
            if shared is not None:
                kept = TextFrame(words=shared[0], site=shared[1], code=REF, language=book.language)
                texts.append(SiteText(address, address, "key", "", kept))
        one = merged(texts)
        if one is None or len(one.carried) < len(sites) - 1:
            what = f"two {kind}s with {alphabet} names on one telephone do not fit into {MOST_SEGMENTS} segments"
            yield page.finds(name, "too-long", what, "shorten it: each would be a text of its own")
        elif "{" in one.body or any(number not in one.body for number in ("10", "11")):
            yield page.finds(name, "no-site", f"said to two {kind}s it does not name both", "use {you} or {concerned}")
        else:
            wrong = (_OF_SITE if kind == "home" else _OF_HOME)[book.language]
            if wrong in one.body.lower():
                what = f"two {kind}s are addressed as {wrong}"
                yield page.finds(name, "wrong-address", what, "use {you}, which knows whom it speaks to")
            yield from _content(page, name, one.body, owed.apology, live=owed.live)


def _of_customer(page: _Page, name: str, sample: Sample, voice: UtilityVoice) -> Iterator[LintFinding]:
    book = page.book
    body = render_by(book, name, sample.words, voice, REF).body
    wrong = _OF_SITE if sample.words.home else _OF_HOME
    if wrong[book.language] in body.lower():
        what = f"a {sample.kind} is addressed as {wrong[book.language]}"
        yield page.finds(name, "wrong-address", what, "use {you}, which knows whom it speaks to")
    cost, limit = segments(body), segment_limit(book, name, sample.words)
    if cost.count > limit:
        what = (
            f"for a {sample.kind} with {sample.alphabet} names it costs {cost.count} segments "
            f"({cost.units} {cost.encoding} units), and may cost {limit}"
        )
        yield page.finds(name, "too-long", what, "shorten it, or set at_most where it cannot be said in less")
    asks = book.phrases.get(PHRASE, "") if name in ASKING else ""
    if segments(body + asks).count > max(cost.count, limit) + 1:
        yield page.finds("phrases", "too-long", f"{name} costs two segments more with it", "shorten it", key=PHRASE)
    latin = not book.chinese and sample.alphabet == "latin"
    if latin and cost.encoding == "ucs-2":
        odd = "".join(sorted({letter for letter in body if segments(letter).encoding == "ucs-2"}))
        if not has_han(odd):
            yield page.finds(
                name, "costly-letter", f"{odd} makes every letter cost twice", "write it with plain letters"
            )
