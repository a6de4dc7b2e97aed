"""Say of a customer what texts name: their site, what keeps somebody alive there, their supplies. Pure."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from schemas.contracts.customers import CustomerUpserted
from services.notifier.domain.wording.life_support import LifeSupport
from services.notifier.domain.wording.templates import NamedSupply, book_for
from services.places import normal
from services.wording.speakers import has_han

Called = Mapping[str, Mapping[str, str]]
"""Of lines and areas, as dispatch wrote them, what they are called by language."""


def site_of(profile: CustomerUpserted) -> str | None:
    """What tells the customer's site from others: its address, else its name, in letters that its reader reads if there are any.

    Whoever answers for several sites, on one handset, must know which of them a text is for. An address in Chinese is of no
    use to somebody who reads English, and doubles what the text costs.
    """
    own = profile.names.get(profile.language) or profile.names.get(profile.language.partition("-")[0])
    known = [one for one in (profile.address, own, profile.name) if one and normal(one)]
    if not book_for(profile.language).chinese:
        known.sort(key=has_han)
    return known[0] if known else None


def care_of(profile: CustomerUpserted) -> LifeSupport | None:
    """Of a home where somebody's life hangs on a device: a hospital knows all this better, and is who would be called."""
    if not profile.life_support or profile.premises != "home":
        return None
    device = profile.device
    if device is None:
        return LifeSupport()
    minutes = device.battery_minutes
    return LifeSupport(device.what, timedelta(minutes=minutes) if minutes is not None else None)


def supplies_of(
    profile: CustomerUpserted, ids: Collection[str], called: Called | None = None
) -> tuple[NamedSupply, ...]:
    """These as a text names them, in the registry's order; lines as their reader calls them, where that is known."""
    return tuple(
        NamedSupply(one.role, in_language(one.line or one.transformer or one.id, profile.language, called or {}))
        for one in profile.supplies
        if one.id in ids
    )


def in_language(name: str, language: str, called: Called) -> str:
    """A line or area as somebody calls it who reads that language; as dispatch wrote it, where nobody has said how."""
    theirs = called.get(name) or next((names for other, names in called.items() if normal(other) == normal(name)), {})
    return theirs.get(language) or theirs.get(language.partition("-")[0]) or name
