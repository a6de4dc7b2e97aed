"""Say of every simulated telephone what it got, from whichever provider, and whose telephone it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import msgspec

from operations.errors import Away
from operations.system.database import Row, connect, enter
from operations.system.location import Where
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.messages import Trigger
from services.kernel.queries import queries
from services.notifier.domain.events import TextMeant
from services.notifier.domain.provider import gateway_codes, twilio_codes

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "phones.sql")
_FIRST: Final = {"special": 1, "first": 2, "second": 3, "temporary": 4}


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """Somebody whose contact a telephone is. `profile`: as the registry has them; None where it has them no more."""

    customer_id: str
    contact_id: str
    profile: CustomerUpserted | None

    @property
    def role(self) -> str | None:
        """Of the contact, as the registry calls it."""
        contacts = self.profile.contacts if self.profile is not None else ()
        return next((one.role for one in contacts if one.contact_id == self.contact_id), None)

    @property
    def urgency(self) -> tuple[int, str]:
        """Life support first, then by importance, then by id."""
        if self.profile is None:
            return len(_FIRST) + 1, self.customer_id
        return 0 if self.profile.life_support else _FIRST[self.profile.importance], self.customer_id


@dataclass(frozen=True, slots=True)
class RecordedText:
    """What the notifier knows of a text. `serves`: the customers for whom it spoke, more than one where it was merged."""

    state: str
    withdrawn: str | None
    awaits_receipt: bool
    """False where its provider gives none."""
    trigger: Trigger
    template: str | None
    meant: TextMeant | None
    code: str
    mrids: Sequence[str]
    serves: Sequence[PhoneOwner]


@dataclass(frozen=True, slots=True)
class PhoneText:
    """A text on a telephone. `known`: None where nobody here knows of it, or could be asked; `again`: it came before."""

    received: Received
    known: RecordedText | None
    again: bool = False

    @property
    def provider(self) -> str:
        """Whose message it is, as attempts have it."""
        ours = self.received.sid.startswith(gateway_codes.SID_PREFIX)
        return gateway_codes.PROVIDER if ours else twilio_codes.PROVIDER


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone, and its texts, oldest first."""

    number: str
    texts: Sequence[PhoneText]

    @property
    def owners(self) -> Sequence[PhoneOwner]:
        """Whose it is, by the texts that it got, the most urgent first."""
        found = {one.customer_id: one for text in self.texts if text.known for one in text.known.serves}
        return sorted(found.values(), key=lambda one: one.urgency)


async def known_texts(where: Where, ids: Sequence[str]) -> Mapping[str, RecordedText]:
    """What the notifier knows of these texts, by their ids.

    Raises:
        Away: the database cannot be reached, or is of another version.

    """
    async with connect(where) as connection:
        try:
            await enter(connection, "notifier")
            texts = await connection.fetch(SQL["texts"], list(ids))
            names = sorted({row["customer_id"] for row in texts})
            customers = await connection.fetch(SQL["customers"], names)
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise Away(f"the database is of another version ({error}): outagectl migrate") from None
    profiles = {row["customer_id"]: msgspec.json.decode(row["profile"], type=CustomerUpserted) for row in customers}
    return texts_known(texts, profiles)


def texts_known(rows: Iterable[Row], profiles: Mapping[str, CustomerUpserted]) -> Mapping[str, RecordedText]:
    """Rows of statement `texts` by the text that spoke for them. Pure."""
    spoke: defaultdict[str, list[Row]] = defaultdict(list)
    leads: dict[str, Row] = {}
    for row in rows:
        spoke[row["carried_by"] or row["message_id"]].append(row)
        if row["carried_by"] is None:
            leads[row["message_id"]] = row
    return {
        name: RecordedText(
            state=row["state"],
            withdrawn=row["unwanted"],
            awaits_receipt=row["taken_at"] is None,
            trigger=row["trigger"],
            template=row["template"],
            meant=msgspec.json.decode(row["meant"], type=TextMeant) if row["meant"] is not None else None,
            code=row["ref"],
            mrids=tuple(sorted({mrid for one in spoke[name] for mrid in one["mrids"]})),
            serves=sorted(
                (
                    PhoneOwner(one["customer_id"], one["contact_id"], profiles.get(one["customer_id"]))
                    for one in spoke[name]
                ),
                key=lambda one: one.urgency,
            ),
        )
        for name, row in leads.items()
    }


def telephones(received: Iterable[Received], known: Mapping[str, RecordedText]) -> list[Telephone]:
    """Every telephone with its texts in order of time; those whose owners are the most urgent first. Pure."""
    by_number: defaultdict[str, list[PhoneText]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for one in sorted(received, key=_came):
        text = one.message_id or ""
        again = bool(text) and (one.to, text) in seen
        seen.add((one.to, text))
        by_number[one.to].append(PhoneText(one, known.get(text), again))
    made = [Telephone(number, texts) for number, texts in by_number.items()]
    return sorted(made, key=_first_owner)


def _came(one: Received) -> tuple[datetime, datetime]:
    return one.at, one.wall


def _first_owner(one: Telephone) -> tuple[int, str, str]:
    urgency, name = one.owners[0].urgency if one.owners else (len(_FIRST) + 2, "")
    return urgency, name, one.number
