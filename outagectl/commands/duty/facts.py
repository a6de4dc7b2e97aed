"""`outagectl facts`: what cannot be so and is told to nobody; stand by it, or refuse it, always on record."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from operations.duty.facts import one_question, open_questions
from operations.system.asking import OperatorAnswer, ask, who
from operations.system.location import Where, find
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from services.plausibility import UNSAID
from services.restorer.answering import ACCEPT, REFUSE, OneQuestion

DONE = {ACCEPT: "are taken by every service", REFUSE: "are let go for good"}
Questions = Annotated[
    list[str],
    typer.Argument(
        metavar="QUESTION...",
        help="Its name, Q-…, or as much of its beginning as names only one. Several are asked back for.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="How you know; goes on record with your name.")]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Facts that cannot be so, held until somebody answers."
)


@app.command("list")
def list_(*, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """List what is held and told to nobody, oldest first: what does not fit, and what would settle it."""
    where = find(data)
    asked, untold = asyncio.run(open_questions(where))
    if json:
        as_json([{**msgspec.to_builtins(one), "untold": untold.get(one.question_id, 0)} for one in asked])
        return
    out, t = console(), times(where, utc=utc)
    if not asked:
        out.print("Nothing is held: no question to dispatch is open.")
        return
    for one in asked:
        name = one.question_id
        out.print(f"[bold]{name}[/]  {t.text(one.asked_at)}  outage {escape(one.mrid)}  [dim]{one.reason}[/]")
        if untold.get(name):
            out.print(
                f"  [red]{count(untold[name], 'special or life-support customer')} told nothing: a person must act[/]"
            )
        out.print(f"  {escape(one.question)}", soft_wrap=True)
        if one.reason in UNSAID:
            out.print(f"  {escape(one.settled_by)}", soft_wrap=True)
        out.print(f"  from  {escape(one.cause)}", soft_wrap=True)
    out.print(
        f"\n{count(len(asked), 'question')}. [dim]{t.note} Next: outagectl facts accept QUESTION --reason …, or refuse.[/]"
    )


@app.command()
def accept(questions: Questions, *, reason: Reason, yes: Yes = False, json: Json = False, data: Data = None) -> None:
    """Stand by a fact: every service takes it as it was sent, and clocks count from its own time."""
    _act(find(data), questions, ACCEPT, reason, yes=yes, json=json)


@app.command()
def refuse(questions: Questions, *, reason: Reason, yes: Yes = False, json: Json = False, data: Data = None) -> None:
    """Refuse a fact for good: no service takes it, however often it is sent."""
    _act(find(data), questions, REFUSE, reason, yes=yes, json=json)


def _act(where: Where, questions: list[str], action: str, reason: str, *, yes: bool, json: bool) -> None:
    """Ask for each in order. What was answered before one is refused stands, and is said."""
    found, unsaid = asyncio.run(_named(where, questions))
    if len(found) > 1:
        names = ", ".join(one.question_id for one in found)
        confirm(f"{count(len(found), 'fact')} {DONE[action]} ({names})", yes=yes)
    answers: list[dict[str, Any]] = []
    try:
        for one in found:
            answer = asyncio.run(ask(where, "restorer", action, one, reason=reason.strip()))
            answers.append({"questionId": one.question_id, "mRID": one.mrid, "reason": answer.reason})
            if not json:
                what = (
                    "it is not so yet; nothing is taken" if one.question_id in unsaid else f"the fact {_what(answer)}"
                )
                console().print(f"[green]✓[/] {one.question_id}: {what}. Recorded for {escape(who())}.")
    finally:
        if json and answers:
            as_json(answers[0] if len(questions) == 1 else answers)


def _what(answer: OperatorAnswer) -> str:
    return "is taken by every service" if answer.reason == "fact-accepted" else "is let go for good"


async def _named(where: Where, questions: list[str]) -> tuple[list[OneQuestion], set[str]]:
    """The open questions that are meant, each once: all of them are found before any is answered. And those for a missing word."""
    asked, _ = await open_questions(where)
    unsaid = {one.question_id for one in asked if one.reason in UNSAID}
    return list(dict.fromkeys(one_question(asked, question) for question in questions)), unsaid
