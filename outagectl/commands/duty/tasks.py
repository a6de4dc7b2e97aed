"""`outagectl task`: what people have to do, first things first; take one, and say that it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import typer
from msgspec import structs
from rich.markup import escape

from operations.duty.promises import AlarmedPromise, asked_about
from operations.duty.tasks import (
    DutyTask,
    Language,
    closed_tasks,
    finish_task,
    one_task,
    open_tasks,
    take_task,
    tasks_of_manager,
)
from operations.errors import Misused
from operations.system.asking import who
from operations.system.location import Where, find
from operations.texts.replies import these_replies
from operations.times import Times, count, span
from outagectl.commands.duty.replies import print_replies
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from outagectl.words.topics.promises import alarmed
from schemas.contracts.duty.tasks import TaskSubject
from services.places import escaped
from services.tasks.domain.kinds import REPLY_TO_READ, SET_ASIDE
from services.wording.speakers import cut

URGENCY: Final = {1: "life support", 2: "special", 3: "first", 4: "second", 5: "others", 6: "only to look at"}
NAMED: Final = 3
WORDS_SHOWN: Final = 60
Task = Annotated[
    str, typer.Argument(metavar="TASK", help="Its name, T-…, or as much of its beginning as names only one.")
]
InLanguage = Annotated[Language, typer.Option("--language", help="In which language it is said what to do.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What people have to do, and who has it.")


@app.command("list")
def list_(
    *,
    over: Annotated[
        bool, typer.Option("--over", help="Those that are done or need nobody any more, the latest first.")
    ] = False,
    manager: Annotated[
        str | None, typer.Option("--manager", help="Only what is for this account manager, with their customers alone.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="With --over: at most so many per service.")] = 50,
    language: InLanguage = "en",
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List open tasks, first things first: life support, hospitals, others; what was raised, the nearest due; taken ones last."""
    where = find(data)
    if over and manager is not None:
        raise Misused("--over and --manager exclude each other: what is over names no customers any more")
    if manager is not None:
        tasks, seen = asyncio.run(tasks_of_manager(where, manager))
    else:
        tasks, seen = asyncio.run(closed_tasks(where, limit) if over else open_tasks(where))
    if json:
        as_json(tasks)
    elif tasks:
        promises = asyncio.run(asked_about(where, [one for one in tasks if one.is_open]))
        _print(tasks, times(where, utc=utc), language, _answers(where, tasks), promises)
    elif seen.services:
        scope = f" in {', '.join(seen.services)}" if seen.hidden else ""
        console().print(f"Nothing {'has ended' if over else 'is to be done'}{scope}.")
    seen.demand()


@app.command()
def show(task: Task, *, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """Show one: why, by when, what to do, who has it, and all whom it concerns."""
    where = find(data)
    found, about = asyncio.run(one_task(where, task))
    if json:
        as_json({"task": found, "about": about})
        return
    out, t = console(), times(where, utc=utc)
    _print_one(found, t, "en")
    out.print(f"  {escape(found.advice('zh-CN'))}", soft_wrap=True)
    out.print(f"  opened {t.text(found.opened_at)} by the {found.service}: {escape(found.reason)}")
    if found.kind == REPLY_TO_READ:
        print_replies(asyncio.run(these_replies(where, [one.ref for one in about if one.ref])), t)
    promises = asyncio.run(asked_about(where, [structs.replace(found, whom=about)]))
    for one in about:
        out.print(
            f"    {escape(_subject(one, promises, t))}  {URGENCY.get(one.urgency, one.urgency)}, since {t.text(one.since)}"
        )
    out.print(f"[dim]{t.note}[/]")


@app.command()
def take(
    task: Task,
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="Anything worth knowing; goes on record with your name.")
    ] = "",
    json: Json = False,
    data: Data = None,
) -> None:
    """Take one: from now on it is yours. If somebody else has it, you are told who."""
    where = find(data)
    found, answer = asyncio.run(take_task(where, task, reason=reason.strip()))
    if json:
        as_json({"taskId": found.task_id, "reason": answer.reason, "by": who()})
        return
    words = {"taken": "is yours", "taken-over": f"is yours now, and no longer {escape(str(found.by))}'s"}
    console().print(
        f"[green]✓[/] {found.task_id} {words.get(answer.reason, 'is yours already')}. Recorded for {escape(who())}."
    )
    console().print(f"  {escape(found.advice())}", soft_wrap=True)


@app.command()
def done(
    task: Task,
    *,
    note: Annotated[
        str, typer.Option("--note", help="What was done and what came of it; goes on record with your name.")
    ],
    json: Json = False,
    data: Data = None,
) -> None:
    """Say that one is done. Should anything new of its kind come up, that is another task."""
    where = find(data)
    found, answer = asyncio.run(finish_task(where, task, note))
    if json:
        as_json({"taskId": found.task_id, "reason": answer.reason, "by": who()})
        return
    console().print(f"[green]✓[/] {found.task_id} is done. Recorded for {escape(who())}.")


def _answers(where: Where, tasks: Sequence[DutyTask]) -> Mapping[str, str]:
    """By their ids, the words of the texts that are to be read first of each task: whoever looks sees what it is about."""
    read = [task for task in tasks if task.kind == REPLY_TO_READ and task.is_open]
    ids = [one.ref for task in read for one in task.whom[:NAMED] if one.ref]
    return {one.reply_id: one.body for one in asyncio.run(these_replies(where, ids))} if ids else {}


def _print(
    tasks: Sequence[DutyTask],
    t: Times,
    language: Language,
    answers: Mapping[str, str],
    promises: Mapping[str, AlarmedPromise],
) -> None:
    for task in tasks:
        _print_one(task, t, language, promises)
        for one in task.whom[:NAMED]:
            if words := " ".join(answers.get(one.ref or "", "").split()):
                console().print(f"  “{escape(escaped(cut(words, WORDS_SHOWN)))}”", soft_wrap=True)
    late = sum(task.is_late for task in tasks)
    said = f", {late} late" if late else ""
    console().print(f"\n{count(len(tasks), 'task')}{said}. [dim]{t.note} Next: outagectl task take TASK[/]")


def _print_one(
    task: DutyTask, t: Times, language: Language, promises: Mapping[str, AlarmedPromise] | None = None
) -> None:
    out = console()
    due = f"[red]due {t.text(task.due_at)}[/]" if task.is_late else f"due {t.text(task.due_at)}"
    raised = f"  [red]raised {count(task.raised, 'time')}[/]" if task.raised and task.is_open else ""
    where = f"  outage {escape(task.mrid)}" if task.mrid else ""
    urgency = URGENCY.get(task.urgency, str(task.urgency))
    head = f"[bold]{task.task_id}[/]  {escape(task.kind)}{where}  {urgency}"
    out.print(f"{head}  {due}{raised}" if task.is_open else head)
    out.print(f"  {escape(_whom(task, promises or {}, t))}", soft_wrap=True)
    if task.is_open:
        out.print(f"  {escape(task.advice(language))}", soft_wrap=True)
    if task.state == "taken" and task.taken_at is not None:
        out.print(f"  {escape(task.by or '')} has it since {t.text(task.taken_at)}")
    if task.closed_at is not None:
        who_did = f" by {escape(task.by or '')}" if task.state == "done" else ""
        after = span(task.closed_at - task.opened_at)
        out.print(f"  {task.closed_for}{who_did}, {t.text(task.closed_at)}, after {after}")
    if task.note:
        out.print(f"  “{escape(task.note)}”", soft_wrap=True)


def _whom(task: DutyTask, promises: Mapping[str, AlarmedPromise], t: Times) -> str:
    """Whom or what it is about: the first of them by name, and how many more."""
    named = [_subject(one, promises, t) for one in task.whom[:NAMED]]
    more = task.concerned - len(named)
    # Several services may have set the same message aside, each with a task: they are told apart.
    aside = f", set aside by the {task.service}: {task.reason}" if task.kind == SET_ASIDE else ""
    return ", ".join(named) + (f" and {more:,} more" if more > 0 else "") + aside


def _subject(one: TaskSubject, promises: Mapping[str, AlarmedPromise], t: Times) -> str:
    if (promise := promises.get(one.ref or "")) is not None:
        return alarmed(promise, t)
    if one.customer_id:
        return f"{one.customer_id} ({one.ref})" if one.ref else one.customer_id
    return one.ref or one.mrid or "–"
