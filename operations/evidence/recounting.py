"""Count a statement's cases anew, from their lines alone and with no code of the services, and hold its figures to that. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

import msgspec

STANDINGS: Final = ("kept", "broken", "voided", "open")
UNREACHED, VOID = "unreached", "void"
MINUTE: Final = 60
CENT: Final = Fraction(1, 100)


@dataclass(slots=True)
class Recount:
    """What the lines of one rule come to."""

    lines: list[str] = field(default_factory=list)
    standings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STANDINGS, 0))
    corrected: int = 0
    minutes: list[Fraction] = field(default_factory=list)
    called: int = 0
    rang: int = 0
    in_time: int = 0
    waiting: int = 0
    left_out: int = 0

    @property
    def digest(self) -> str:
        """Sha256 over the lines, each with its newline."""
        return digest_of_lines(self.lines)


def digest_of_lines(lines: Iterable[str]) -> str:
    """Sha256 over lines, each with its newline, in hex.

    >>> digest_of_lines([])[:8]
    'e3b0c442'
    """
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def recounted(lines: Iterable[str]) -> Mapping[str, Recount]:
    """By rule: what its cases come to.

    Raises:
        ValueError: a line is no case.

    """
    found: dict[str, Recount] = defaultdict(Recount)
    for line in lines:
        match msgspec.json.decode(line):
            case ["promise", str(rule), _, _, _, _, _, _, _, _, str(standing), _, _, was] if standing in STANDINGS:
                mine = found[rule]
                mine.standings[standing] += 1
                mine.corrected += was is not None
            case ["measure", str(rule), _, _, _, _, str(since), done, left_out]:
                mine = found[rule]
                if left_out is not None:
                    mine.left_out += 1
                elif done is None:
                    mine.waiting += 1
                else:
                    mine.minutes.append(_minutes(since, done))
            case ["call-back", str(rule), _, _, _, outcome, _]:
                mine = found[rule]
                mine.left_out += outcome == VOID
                mine.waiting += outcome in (None, UNREACHED)
                mine.called += outcome not in (None, UNREACHED, VOID)
            case ["calls", str(rule), _, _, int(rang), int(in_time)]:
                found[rule].rang += rang
                found[rule].in_time += in_time
            case _:
                raise ValueError(f"{line[:80]} is no case")
        found[rule].lines.append(line)
    return found


def _minutes(since: str, done: str) -> Fraction:
    span = datetime.fromisoformat(done) - datetime.fromisoformat(since)
    return Fraction(span.days * 86_400 * 1_000_000 + span.seconds * 1_000_000 + span.microseconds, MINUTE * 1_000_000)


def statement_faults(said: Mapping[str, Any], lines: Sequence[str]) -> Iterator[str]:
    """What in a statement (`fulfilment.published`, as JSON) is not what its cases come to."""
    if digest_of_lines(lines) != said.get("casesDigest"):
        yield "the cases are not those that the statement's digest was made of"
    if len(lines) != said.get("cases", 0):
        yield f"the statement says that it has {said.get('cases', 0)} cases, and there are {len(lines)}"
    try:
        mine = recounted(lines)
    except (ValueError, msgspec.DecodeError) as error:
        yield f"its cases cannot be counted: {error}"
        return
    rows = {row["rule"]["ruleId"]: row for row in said.get("rows", ())}
    yield from (f"rule {name} has cases and no row" for name in sorted(mine.keys() - rows.keys()))
    for name, row in rows.items():
        for what, there, counted in _figures(row, mine.get(name, Recount())):
            if there != counted:
                yield f"rule {name}: {what} is {there}, and by its cases {counted}"
    kept = sum(one.standings["kept"] for one in mine.values())
    decided = kept + sum(one.standings["broken"] for one in mine.values())
    rate = _percent(kept, decided)
    if said.get("rate") != rate:
        yield f"the rate is {said.get('rate')}, and by the cases {rate}"


def _percent(part: int, whole: int) -> float | None:
    """Rounded down to hundredths."""
    return float(Fraction(100 * part, whole) // CENT * CENT) if whole else None


def _figures(row: Mapping[str, Any], mine: Recount) -> Iterator[tuple[str, object, object]]:
    """Name, as the row has it, as it is counted."""
    yield "made", row["made"], sum(mine.standings.values())
    for name in ("kept", "broken", "voided"):
        yield name, row[name], mine.standings[name]
    yield "open", row.get("open", 0), mine.standings["open"]
    yield "corrected", row["corrected"], mine.corrected
    yield "waiting", row.get("waiting", 0), mine.waiting
    yield "voidedFor", sum(one["count"] for one in row.get("voidedFor", ())), mine.standings["voided"]
    if mine.lines:
        yield "digest", row.get("digest"), mine.digest
    if mine.called or row.get("obligation") == "call-back":
        yield "counted", row.get("counted", 0), mine.called + mine.waiting
        yield "figure", row.get("figure"), _percent(mine.called, mine.called + mine.waiting)
    if mine.rang:
        yield "counted", row.get("counted", 0), mine.rang
        yield "figure", row.get("figure"), _percent(mine.in_time, mine.rang)
    if row.get("aggregate") == "average" and row.get("unit") == "minutes":
        mean = sum(mine.minutes, Fraction()) / len(mine.minutes) if mine.minutes else None
        # Rounded up, so that it does not flatter.
        figure = None if mean is None else float(-(-mean // CENT) * CENT)
        yield "counted", row.get("counted", 0), len(mine.minutes)
        yield "figure", row.get("figure"), figure
        if figure is not None and "limit" in row:
            yield "verdict", row.get("verdict"), "kept" if figure <= row["limit"] else "broken"
