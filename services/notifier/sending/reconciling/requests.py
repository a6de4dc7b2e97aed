"""Reconcile as operators ask: a walk is put down with the answer in the log, and what a restore still needs is kept."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from schemas.contracts.base import Instant, Name, Wire
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, NoDetail, Refusal
from services.notifier.sending.reconciling.span import ALL, FIRST
from services.notifier.sending.reconciling.walk import SQL

RECONCILE: Final = "sending reconcile"
ERASED_AGAIN: Final = "sending erasures-applied"
BEFORE: Final = timedelta(minutes=1)


class Reconciling(Wire, frozen=True, kw_only=True):
    """Since when lists are looked through; without it since the database went back, else for a day. `provider`: whose; all."""

    since: Instant | None = None
    provider: Name = ALL


async def reconcile(acting: ActionContext, detail: Reconciling) -> ActionAnswer:
    """Have the provider's list walked; one that was asked for already and looks as far back is that one."""
    connection = acting.connection
    restore = await connection.fetchrow(SQL["restore"])
    since = detail.since or acting.now - FIRST
    if restore is not None:
        since = min(since, restore["since"]) - BEFORE
    held = {"heldSince": restore["since"].isoformat() if restore is not None else None}
    under_way = await connection.fetchrow(SQL["open_run"], detail.provider)
    if under_way is not None and under_way["since"] <= since:
        return ActionAnswer("reconciling-already", {"runId": str(under_way["run_id"]), **held})
    # The same for the same request, whoever judges it.
    run_id = uuid5(UUID(acting.request.request_id), RECONCILE)
    await connection.execute(SQL["ask_run"], run_id, detail.provider, acting.now, acting.request.who, since)
    return ActionAnswer("reconciliation-asked-for", {"runId": str(run_id), **held})


async def erased_again(acting: ActionContext, detail: NoDetail) -> ActionAnswer:
    """Erasures of the time that the database lost are applied again."""
    del detail
    restore = await acting.connection.fetchrow(SQL["restore"])
    if restore is None:
        return ActionAnswer("no-restore-is-open", {})
    if restore["listed_at"] is None:
        raise Refusal("not-reconciled", "the provider's list is not reconciled yet: outagectl sending reconcile")
    await acting.connection.execute(SQL["is_erased"], acting.now)
    return ActionAnswer("erasures-are-applied", {"since": restore["since"].isoformat()})


async def see_reconciled(acting: ActionContext) -> None:
    """Before a lane goes on: where the database went back, that all which a restore needs is done; then it is over.

    Raises:
        Refusal: it is not.

    """
    restore = await acting.connection.fetchrow(SQL["restore"])
    if restore is None:
        return
    if restore["listed_at"] is None or restore["erased_at"] is None:
        raise Refusal(
            "not-reconciled",
            "the database went back to an earlier state, and what was sent or erased since is not settled: "
            "outagectl sending reconcile; where no list can be had: OUTAGE_RESTORED_TO (docs/operations.md, After a restore of "
            "the database)",
        )
    await acting.connection.execute(SQL["is_over"], acting.now)


ACTIONS: Mapping[str, Action[Any]] = {
    RECONCILE: Action(Reconciling, reconcile),
    ERASED_AGAIN: Action(NoDetail, erased_again),
}
