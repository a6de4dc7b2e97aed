"""`outagectl phones`: what every simulated telephone got, when, from which provider, and whose telephone it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from operations.errors import CommandError, Misused, NotFound
from operations.system.location import Where, find
from operations.texts.phones import PhoneOwner, PhoneText, RecordedText, Telephone, known_texts, telephones
from operations.times import Times, count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from outagectl.words.texts import occasion
from outagectl.words.texts import says as says_of
from services.places import escaped

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received

NAMED: Final = 4
STATES: Final = {
    "sending": "on its way",
    "unknown": "on the telephone; the sender does not know it yet",
    "accepted": "taken, no receipt yet",
    "sent": "handed to the operator, no receipt yet",
    "delivered": "delivered",
    "undelivered": "reported as not delivered",
    "refused": "refused before, and came all the same",
    "suppressed": "withdrawn too late",
    "expired": "given up as too late, and came all the same",
    "ready": "to be sent, and came all the same",
}
"""How far a text is by the notifier's own record, of one that a telephone holds."""


def phones(
    number: Annotated[str | None, typer.Argument(help="Only this telephone, in E.164.")] = None,
    *,
    by_time: Annotated[
        bool, typer.Option("--by-time", help="One list of all texts in order of time, not telephone by telephone.")
    ] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show what every simulated telephone got, from whichever provider, and whose it is; the most urgent customers first.

    Only where simulated providers of texts run. Of one text that speaks for several sites all of them are named.
    """
    where = find(data)
    received = _received(where)
    known, unknown_because = _known(where, received)
    found = telephones(received, known)
    if number is not None:
        found = [one for one in found if one.number == number]
        if not found:
            raise NotFound(f"the telephone {number} received nothing")
    if json:
        as_json([_row(one, told=unknown_because is None) for one in found])
        return
    t, out, told = times(where, utc=utc), console(), unknown_because is None
    if by_time:
        listed = [(one, text) for one in found for text in one.texts]
        for phone, text in sorted(listed, key=lambda one: (one[1].received.at, one[1].received.wall)):
            out.print(f"\n[bold]{t.at(text.received.at)}[/]  {_heading(phone, told=told)}", soft_wrap=True)
            _print_text(text, phone, t, "")
    else:
        for phone in found:
            out.print(f"\n{_heading(phone, told=told)}  [dim]{count(len(phone.texts), 'text')}[/]", soft_wrap=True)
            for text in phone.texts:
                _print_text(text, phone, t, f"[cyan]{t.at(text.received.at)}[/]  ")
    _farewell(found, t, unknown_because)


def _received(where: Where) -> list[Received]:
    folders = where.need_phone_folders()
    try:
        from devstack.twilio.kept.phones import read_all_handsets  # noqa: PLC0415 - not installed in production
    except ModuleNotFoundError:
        raise Misused(
            "the simulated providers are not part of this installation: pip install 'outage-notice[devstack]'"
        ) from None
    return read_all_handsets(folders)


def _known(where: Where, received: Sequence[Received]) -> tuple[Mapping[str, RecordedText], str | None]:
    """What the notifier knows of them; or nothing, and why."""
    ids = sorted({text.message_id for text in received if text.message_id is not None})
    try:
        return (asyncio.run(known_texts(where, ids)) if ids else {}), None
    except CommandError as error:
        # What the telephones hold lies in files: it is shown all the same.
        return {}, str(error)


def _heading(phone: Telephone, *, told: bool) -> str:
    number, owners = f"[bold]{escape(phone.number)}[/]", phone.owners
    if not owners:
        return f"{number}  [red]of nobody whom the notifier knows[/]" if told else number
    whose = _owner(owners[0]) if len(owners) == 1 else f"{count(len(owners), 'customer')}: {_named(owners)}"
    return f"{number}  {escape(whose)}"


def _owner(one: PhoneOwner) -> str:
    """`东江市人民医院 (Dongjiang People's Hospital, DJ-0001), life support, special importance; 配电值班室`."""
    profile = one.profile
    if profile is None:
        return f"{one.customer_id}, who is not in the registry any more"
    english = profile.names.get("en")
    called = ", ".join([*([english] if english and english != profile.name else []), one.customer_id])
    life = ", life support" if profile.life_support else ""
    role = f"; {one.role}" if one.role else ""
    return f"{profile.name} ({called}){life}, {profile.importance} importance{role}"


def _named(owners: Sequence[PhoneOwner]) -> str:
    more = len(owners) - NAMED
    return ", ".join(map(_short, owners[:NAMED])) + (f" and {more} more" if more > 0 else "")


def _short(one: PhoneOwner) -> str:
    return f"{one.profile.name} ({one.customer_id}, {one.profile.importance})" if one.profile else one.customer_id


def _print_text(text: PhoneText, phone: Telephone, t: Times, when: str) -> None:
    out, known = console(), text.known
    says, state = "", ""
    if known is not None:
        says = f"“{says_of(occasion(known.trigger, known.template), known.meant, t)}”  "
        state = f"{_state(known)}, "
    again = "  [red]the same text once more[/]" if text.again else ""
    source = f"[dim]{escape(state)}by {text.provider} from {escape(text.received.sender)}[/]"
    out.print(f"  {when}{escape(says)}{source}{again}", soft_wrap=True)
    if known is not None and len(phone.owners) > 1:
        merged = f"one text for {len(known.serves)}: " if len(known.serves) > 1 else "for "
        out.print(f"    [dim]{merged}{escape(_named(known.serves))}[/]", soft_wrap=True)
    body = Text("\n".join(map(escaped, text.received.body.split("\n"))))
    out.print(Padding(body, (0, 0, 0, 4), expand=False))


def _state(known: RecordedText) -> str:
    if known.state == "accepted" and not known.awaits_receipt:
        return "taken, and no receipt is given"
    return STATES.get(known.state, known.state)


def _farewell(found: Sequence[Telephone], t: Times, unknown_because: str | None) -> None:
    out, total = console(), sum(len(one.texts) for one in found)
    by = sorted({text.provider for one in found for text in one.texts})
    carriers = f" by {' and '.join(by)}" if by else ""
    next_ = " Next: outagectl show message CODE" if unknown_because is None else ""
    out.print(f"\n{count(len(found), 'telephone')}, {count(total, 'text')}{carriers}. [dim]{t.note}{next_}[/]")
    if unknown_because is not None:
        out.print(f"[dim]Whose they are, and how far each text is, cannot be said: {escape(unknown_because)}[/]")


def _row(phone: Telephone, *, told: bool) -> dict[str, object]:
    return {
        "number": phone.number,
        "customers": [_customer_row(one) for one in phone.owners] if told else None,
        "texts": [_text_row(text) for text in phone.texts],
    }


def _customer_row(one: PhoneOwner) -> dict[str, object]:
    profile = one.profile
    return {
        "customerId": one.customer_id,
        "contactId": one.contact_id,
        "name": profile.name if profile else None,
        "importance": profile.importance if profile else None,
        "lifeSupport": profile.life_support if profile else None,
    }


def _text_row(text: PhoneText) -> dict[str, object]:
    received, known = text.received, text.known
    return {
        "at": received.at,
        "provider": text.provider,
        "from": received.sender,
        "body": received.body,
        "providerSid": received.sid,
        "messageId": received.message_id,
        "attempt": received.attempt,
        "trigger": known.trigger if known else None,
        "state": known.state if known else None,
        "code": known.code if known else None,
        "serves": [one.customer_id for one in known.serves] if known else None,
        "again": text.again,
    }
