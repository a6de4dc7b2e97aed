"""`outagectl explain`: the answer for a customer who calls: is the power off, why, till when, and what is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import typer

from operations.errors import Misused, NotFound
from operations.lookup.everywhere import ask_all
from operations.lookup.result import LookupResult, TouchingOutage
from operations.lookup.supplies import standings
from operations.system.caught_up_marks import CaughtUp, as_of, warnings
from operations.system.instants import clock_of
from operations.system.location import Where, find
from outagectl.commands.explain.chinese import sentences
from outagectl.commands.explain.english import answer, back_at, cause_of, freshness, unknown
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times

LANGUAGES = ("en", "zh-CN")


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A place (usage point, line, transformer, area), a key customer (id, name or address), an outage's id, "
            "or the code at the end of a text.",
        ),
    ],
    *,
    lang: Annotated[
        str, typer.Option("--lang", help="en, or zh-CN: also what can be read out to the caller in Chinese.")
    ] = "en",
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Say whether the power is off there by what is known, since when, why, till when, and what is not known."""
    if lang not in LANGUAGES:
        raise Misused(f"--lang {lang}: there are words in {' and '.join(LANGUAGES)} only")
    where = find(data)
    found, (behind, last), standing = asyncio.run(ask_all(where, name))
    if not found.known:
        raise NotFound(_unknown(found))
    if json:
        as_json(as_document(found, behind, last, where, lang) | _standing(standing, found, where))
        return
    t, out = times(where, utc=utc), console()
    for line in answer(found, t):
        out.print(line.text, style=line.style or None, markup=False)
    if lang == "zh-CN":
        out.print("\n[bold]To read out[/]")
        for sentence in sentences(found, where.zone):
            out.print(f"  {sentence}", markup=False)
    fresh = freshness(behind, last, t)
    as_known = as_of(standing, found.now)
    out.print(f"\n{fresh.text} As of {t.at(as_known)}. {t.note}", style=fresh.style or None, markup=False)
    for sentence in warnings(standing, found.now, clock_of(where).wall(), t, driven=where.clock_file is not None):
        out.print(sentence, style="yellow", markup=False)


def _unknown(found: LookupResult) -> str:
    """What to ask instead; never that the power is on."""
    people = f"may be any of the customers {', '.join(found.choices)}" if found.choices else ""
    places = f"is part of the names of {', '.join(found.similar)}" if found.similar else ""
    known = " and ".join(filter(None, (people, places)))
    said = f"{found.id} {known}: ask by one of these. " if known else ""
    return (
        f"{said or found.id + ' is not known here as a place, a key customer, an outage or the code of a text. '}"
        "This does NOT mean that the power is on there: check how it is written, or ask by the line or area of the address."
    )


def as_document(
    found: LookupResult, behind: list[dict[str, Any]] | None, last: datetime | None, where: Where, lang: str
) -> dict[str, Any]:
    """The answer for programs."""
    return {
        "id": found.id,
        "asOf": found.now,
        "knownAs": [
            {"kind": one.kind, "name": one.name, "customers": one.customers, "places": sorted(one.places)}
            for one in found.known
        ],
        "power": power(found),
        "meters": [
            {
                "usagePoint": one.usage_point,
                "energised": one.energised,
                "ownGeneration": one.own_generation,
                "readAt": one.read_at,
                "oddReadingOf": one.odd_at,
                "meterFault": one.fault,
            }
            for one in found.meters
        ],
        "suppliesLost": [{"id": one.id, "role": one.role, "line": one.line} for one in found.lost],
        "supplies": [
            {
                "id": one.supply.id,
                "role": one.supply.role,
                "state": one.state,
                "under": [{"mRID": held.mrid, "hangsOn": held.through} for held in one.held],
            }
            for one in standings(found)
        ],
        "off": [_hit(hit, found) for hit in found.off],
        "ahead": [_hit(hit, found) for hit, _ in found.ahead],
        "over": [_hit(hit, found) | {"backAt": back_at(hit)} for hit in found.over],
        "nextWordPromisedBy": found.next_word,
        "promised": [{"what": one.obligation, "by": one.due_at, "state": one.state} for one in found.owed],
        "confirmedAt": found.confirmed_at,
        "knowsTheLatest": found.knows_the_latest,
        "takesNoTexts": [{"contactId": one, "since": at} for one, at in sorted(found.no_texts.items())],
        "quietUntil": max((one.until for one in found.hushed if one.until > found.now), default=None),
        "quietFor": sorted({one.why for one in found.hushed if one.until > found.now}),
        "texts": found.texts,
        "textsWithTheCode": found.coded,
        "inputs": {"behind": behind, "lastTakenIn": last},
        "readOut": list(sentences(found, where.zone)) if lang == "zh-CN" else None,
    }


def power(
    found: LookupResult,
) -> Literal["off", "probably-off", "one-supply-off", "said-to-be-back-and-denied", "no-outage-known"]:
    """The answer in one word."""
    if not found.off:
        return "said-to-be-back-and-denied" if any(hit.denied for hit in found.over) else "no-outage-known"
    if found.lost:
        return "one-supply-off"
    sure = any(hit.view.status != "predicted" for hit in found.off)
    return "off" if sure else "probably-off"


def _hit(hit: TouchingOutage, found: LookupResult) -> dict[str, Any]:
    view, notice = hit.view, hit.notice
    return {
        "mRID": hit.mrid,
        "matchedBy": hit.by,
        "hangsOn": hit.through,
        "outageClass": view.outage_class or (notice.outage_class if notice else None),
        "status": view.status if hit.supply else None,
        "startedAt": view.started_at,
        "ert": view.ert,
        "nextUpdateAt": view.next_update_at,
        "crewStatus": view.crew_status,
        "cause": cause_of(hit),
        "reason": hit.reason,
        "plannedPeriod": notice.planned_period if notice else None,
        "noticeId": notice.notice_id if notice else None,
        "notKnown": unknown(hit, found.now) if hit.supply else [],
        "unread": hit.unread,
        "parked": hit.parked,
        "denied": hit.denied,
    }


def _standing(standing: Sequence[CaughtUp], found: LookupResult, where: Where) -> dict[str, Any]:
    """`asOf` is the instant up to which all services know all facts, and not the one at which was asked (`askedAt`)."""
    wall = clock_of(where).wall()
    return {
        "asOf": as_of(standing, found.now),
        "askedAt": found.now,
        "standing": [
            {"service": one.service, "caughtUpAt": one.caught_up, "raisedAt": one.raised, "silent": one.silent(wall)}
            for one in standing
        ],
    }
