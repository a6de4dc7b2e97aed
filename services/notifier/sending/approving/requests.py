"""Approve or refuse a large send as operators ask: what was said of it changes with the answer in the log, or not at all."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

from schemas.contracts.base import Name, Wire
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.notifier.sending.approving.large_sends import SQL

APPROVE: Final = "sending approve"
REFUSE: Final = "sending refuse"
Verdict = Literal["approved", "refused"]


class OneSend(Wire, frozen=True, kw_only=True):
    """Which send: its id (S-…), or its outage."""

    send: Name


def _deciding(verdict: Verdict) -> Callable[[ActionContext, OneSend], Awaitable[ActionAnswer]]:
    async def act(acting: ActionContext, detail: OneSend) -> ActionAnswer:
        why = acting.request.why.strip()
        if not why:
            raise Refusal("no-reason-given", f"say why it is {verdict}")
        rows = await acting.connection.fetch(SQL["named"], detail.send)
        if not rows:
            raise Refusal("no-such-send", f"no send {detail.send} waits or was decided: outagectl sending status")
        if len(rows) > 1:
            which = ", ".join(row["mrid"] for row in rows)
            raise Refusal("several-sends", f"several are called {detail.send}: name the outage, one of {which}")
        (row,) = rows
        told = {"send": row["send_id"], "mRID": row["mrid"], "people": row["people"], "was": row["state"]}
        if row["state"] == verdict:
            return ActionAnswer(f"was-{verdict}-already", told)
        await acting.connection.execute(SQL["decide"], row["mrid"], verdict, acting.now, acting.request.who, why)
        return ActionAnswer(f"send-{verdict}", told)

    return act


ACTIONS: Mapping[str, Action[Any]] = {
    APPROVE: Action(OneSend, _deciding("approved")),
    REFUSE: Action(OneSend, _deciding("refused")),
}
