"""`outagectl message preview`: a text as a handset shows it, in what letters it travels, how many segments, and what they cost."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from operations.errors import Misused
from operations.system.instants import clock_of
from operations.system.location import find
from operations.texts.preview import TextPreview, at_worst, book_of, for_customer, profile_of
from operations.texts.together import at_worst_together, for_customers
from operations.times import count
from outagectl.commands.message.settings import voice_settings
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, table
from services.notifier.domain.wording.segments import Segments, segments
from services.notifier.domain.wording.signing import marked, signed
from services.notifier.domain.wording.templates import DEFAULT_LANGUAGE, book_for
from services.notifier.voice_settings import VoiceSettings
from services.places import escaped

HANDSET_COLUMNS = 44
ALPHABETS = {"gsm-7": "GSM-7, 153 letters a segment", "ucs-2": "UCS-2, 67 characters a segment"}


def preview(
    name: Annotated[
        str,
        typer.Argument(
            metavar="TRIGGER", help="A trigger (fault, restored …) or an occasion (taken-back, supply-lost …)."
        ),
    ],
    *,
    language: Annotated[
        str | None, typer.Option("--language", metavar="TAG", help="zh-CN or en; else the customer's, or zh-CN.")
    ] = None,
    customer: Annotated[
        list[str] | None,
        typer.Option(
            "--customer",
            metavar="ID",
            help="As this key customer would read it; several: on a telephone that all have.",
        ),
    ] = None,
    worst_case: Annotated[
        bool,
        typer.Option("--worst-case", help="With the longest values, for every kind of customer, in both alphabets."),
    ] = False,
    sites: Annotated[
        int,
        typer.Option("--sites", metavar="N", help="With --worst-case: as one text for so many sites of one telephone."),
    ] = 1,
    signature: Annotated[
        str | None,
        typer.Option(
            "--signed",
            metavar="NAME",
            envvar="OUTAGE_SMS_GATEWAY_SIGNATURE",
            help="Also what it costs by the HTTP gateway, which puts this registered name before it.",
        ),
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Show a text without an outage and without sending it."""
    if bool(customer) == worst_case:
        raise Misused("say --customer ID or --worst-case: one of the two")
    if sites != 1 and not worst_case:
        raise Misused(
            "--sites N goes with --worst-case; for customers that there are name each: --customer A --customer B"
        )
    where, settings = find(data), voice_settings()
    voice = settings.voice_in(where.zone)
    book = book_of(name, language or DEFAULT_LANGUAGE)  # what was typed wrong is said before the database is asked
    if not customer:
        found = at_worst(name, book, voice) if sites == 1 else at_worst_together(name, book, voice, sites)
    else:
        profiles = [asyncio.run(profile_of(where, one)) for one in dict.fromkeys(customer)]
        found, now = [], clock_of(where).now()
        for tag in dict.fromkeys(language or book_for(one.language).language for one in profiles):
            theirs = [one for one in profiles if language or book_for(one.language).language == tag]
            book = book_of(name, tag)
            if len(theirs) > 1:
                found += for_customers(theirs, name, book, voice, now)
            else:
                found.append(for_customer(theirs[0], name, book, voice, now))
    if json:
        as_json({"name": name, "texts": [_document(one, settings, signature) for one in found]})
        return
    if customer:
        for one in found:
            _print(console(), [one], settings, signature)
    else:
        _print(console(), found, settings, signature)


def _asking(one: TextPreview, signature: str | None) -> Segments:
    """What it costs with what asks for an answer, and with what the gateway puts before it."""
    whole = one.body + (one.asks or "")
    return segments(signed(whole, signature) if signature else whole)


def _document(one: TextPreview, settings: VoiceSettings, signature: str | None) -> dict[str, Any]:
    by_gateway = segments(signed(one.body, signature)) if signature else None
    return {
        "whom": one.whom,
        "templateId": one.template_id,
        "templateVersion": one.template_version,
        "body": one.body,
        "encoding": one.cost.encoding,
        "units": one.cost.units,
        "segments": one.cost.count,
        "atMost": one.limit,
        "price": settings.price_of(one.cost.count),
        "byGateway": {"encoding": by_gateway.encoding, "units": by_gateway.units, "segments": by_gateway.count}
        if by_gateway
        else None,
        "asks": one.asks,
        "segmentsAsking": _asking(one, signature).count,
    }


def _print(out: Console, found: list[TextPreview], settings: VoiceSettings, signature: str | None) -> None:
    if len(found) > 1:
        rows = [(one.whom, one.cost.encoding, one.cost.units, one.cost.count, one.limit) for one in found]
        out.print(table("At the worst", ("for", "letters", "units", "segments", "at most"), rows))
        out.print()
    dearest = max(found, key=lambda one: (one.cost.count, one.cost.units))
    shown = Text(escaped(dearest.body))
    title = f"{dearest.template_id} version {dearest.template_version}, for {dearest.whom}"
    out.print(Text(title, style="bold"))
    out.print(Panel(shown, width=HANDSET_COLUMNS))
    price = settings.price_of(dearest.cost.count) or "not known (OUTAGE_SMS_SEGMENT_PRICE)"
    over = "" if dearest.cost.count <= dearest.limit else f", {dearest.cost.count - dearest.limit} more than it may"
    out.print(f"letters   {ALPHABETS[dearest.cost.encoding]} where there are several", markup=False)
    out.print(
        f"length    {count(dearest.cost.units, 'unit')}, {count(dearest.cost.count, 'segment')}{over}", markup=False
    )
    out.print(f"price     {price}", markup=False)
    if signature and (sent := signed(dearest.body, signature)) != dearest.body:
        cost = segments(sent)
        letters, parts = ALPHABETS[cost.encoding], count(cost.count, "segment")
        out.print(f"signed    by the gateway with {marked(signature)} before it: {letters}; {parts}", markup=False)
    if dearest.asks is not None:
        with_it = count(_asking(dearest, signature).count, "segment")
        out.print(
            f"answer    “{dearest.asks.strip()}” ends it, {with_it} then: to whoever is to say that they know (policy), "
            "where the provider brings answers (two_way in the table of countries)",
            markup=False,
        )
