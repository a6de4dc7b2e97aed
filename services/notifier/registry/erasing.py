"""Erase people as operators ask: key, numbers and registry change with the answer in the log, or not at all.

The word for outage.customers is put down in the same transaction and told after it (topic.py): whatever is killed when, a
person whose erasure was asked is erased once, and everybody hears of it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from msgspec import Meta

from schemas.contracts.base import Instant, Name, Text, Wire
from services.kernel.adapters.locks import try_until_commit
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, NotYet, Refusal
from services.kernel.operators.shared_actions import note
from services.notifier.registry.topic import LOCK, PRUNED, SQL
from services.notifier.tables.vault import SQL as VAULT
from services.notifier.tables.vault import erase_customer

ERASE: Final = "registry erase"
ERASE_AGAIN: Final = "registry erase-again"
PRUNE: Final = "registry prune"
IMPORT: Final = "registry import"
REWRAP: Final = "vault rotate"
FORGET_SHUT: Final = "vault forget-shut"

ERASED: Final = "customer-erased"
ERASED_BEFORE: Final = "erased-before"
AT_MOST = 500
Count = Annotated[int, Meta(ge=0)]


class OneCustomer(Wire, frozen=True, kw_only=True):
    """Whom to forget."""

    customer_id: Name


class Erased(Wire, frozen=True, kw_only=True):
    """Somebody whom the topic says was erased, with that word's date and reason."""

    customer_id: Name
    erased_at: Instant
    reason: Text = "erased"


class ErasedBefore(Wire, frozen=True, kw_only=True):
    """Whom to forget again after a restore."""

    customers: Annotated[tuple[Erased, ...], Meta(min_length=1, max_length=AT_MOST)]


class Missing(Wire, frozen=True, kw_only=True):
    """A customer who is not in the registry's file. `seen`: the date of the last word on them when that was found."""

    customer_id: Name
    seen: Instant


class Pruning(Wire, frozen=True, kw_only=True):
    """Whom a whole registry no longer names. `file`: its name."""

    file: Name
    customers: Annotated[tuple[Missing, ...], Meta(min_length=1, max_length=AT_MOST)]


class Importing(Wire, frozen=True, kw_only=True):
    """What a file brings in; what it says goes by outage.customers, its numbers sealed into the vault."""

    file: Name
    new: Count = 0
    changed: Count = 0
    numbers: Count = 0
    dropped: Count = 0
    missing: Count = 0


class Keys(Wire, frozen=True, kw_only=True):
    """How many customers' keys are concerned."""

    customers: Count


async def erase(acting: ActionContext, detail: OneCustomer) -> ActionAnswer:
    """Destroy one customer's key and numbers, and take them out of the registry."""
    connection, name, why = acting.connection, detail.customer_id, acting.request.why.strip()
    if not why or why == PRUNED:
        raise Refusal("no-reason-given", "say why, in your own words")
    await _may(acting)
    await connection.execute(SQL["adopt"], [name])
    held = await connection.fetchrow(SQL["held"], name)
    if held is None or not (held["registered"] or held["vault"] or held["known"]):
        raise Refusal("customer-not-known", f"no customer {name} was ever known: check the id (nothing was erased)")
    if held["registered"] and not held["active"] and not held["vault"] and held["reason"] != PRUNED:
        return ActionAnswer(ERASED_BEFORE, {"customerId": name, "erasedAt": held["updated_at"].isoformat()})
    at = await connection.fetchval(SQL["erase"], name, acting.now, why)
    # Whatever its date says: another machine's clock may have been ahead when it was put.
    await connection.execute(VAULT["forget"], [name])
    return ActionAnswer(ERASED, {"customerId": name, "erasedAt": at.isoformat()})


async def erase_again(acting: ActionContext, detail: ErasedBefore) -> ActionAnswer:
    """Erase those of whom there is something older than their erasure: a backup brought it back."""
    await _may(acting)
    connection, known = acting.connection, {one.customer_id: one for one in detail.customers}
    await connection.execute(SQL["adopt"], list(known))
    held = await connection.fetch(SQL["erased_but_held"], list(known), [one.erased_at for one in known.values()])
    for row in held:
        name, at = row["customer_id"], row["at"]
        await connection.execute(SQL["erase_again"], name, at, known[name].reason, row["by_notifier"])
        await erase_customer(connection, name, at)
    found = [row["customer_id"] for row in held]
    return ActionAnswer("customers-erased-again" if found else "nothing-was-left", {"customerIds": found})


async def prune(acting: ActionContext, detail: Pruning) -> ActionAnswer:
    """Forget those whom the registry no longer names, but for whom somebody spoke of since."""
    await _may(acting)
    names, seen = [one.customer_id for one in detail.customers], [one.seen for one in detail.customers]
    rows = await acting.connection.fetch(SQL["prune"], names, seen, acting.now, PRUNED)
    gone = [row["customer_id"] for row in rows]
    await acting.connection.execute(VAULT["forget"], gone)
    return ActionAnswer("customers-pruned" if gone else "spoken-of-since", {"customerIds": gone})


async def _may(acting: ActionContext) -> None:
    """That whoever asks may destroy keys, and that nobody compares the registry with a file meanwhile."""
    login = acting.request.login
    if not await acting.connection.fetchval(SQL["may_destroy"], login):
        raise Refusal(
            "may-not-erase", f"the role {login} may not destroy keys: use the owner's (docs/operations.md, Roles)"
        )
    if not await try_until_commit(acting.connection, LOCK):
        raise NotYet("another import or erasure is at work")


ACTIONS: Mapping[str, Action[Any]] = {
    ERASE: Action(OneCustomer, erase),
    ERASE_AGAIN: Action(ErasedBefore, erase_again),
    PRUNE: Action(Pruning, prune),
    IMPORT: Action(Importing, note),
    REWRAP: Action(Keys, note),
    FORGET_SHUT: Action(Keys, note),
}
