"""`outagectl`: every command by name, loaded when it is called, so that --help answers at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from operations.errors import CommandError, Misused

EXIT_INTERRUPTED = 130


class Command(NamedTuple):
    """Where a command lies, and what it does in one line."""

    module: str
    name: str
    """A function, or a typer app with commands of its own."""
    summary: str


COMMANDS: Mapping[str, Command] = {
    "up": Command("outagectl.commands.system.up", "up", "Run the local stack and all services until Ctrl-C."),
    "demo": Command("demo.city.command", "demo", "Play a small city's days in about a minute and tell the story."),
    "send": Command(
        "outagectl.commands.send", "send", "Send events (CloudEvents, one JSON object a line), checked first."
    ),
    "import": Command(
        "outagectl.commands.registry.command", "app", "Bring in key customers, the network, or a utility's feed."
    ),
    "poll": Command(
        "outagectl.commands.feeds.poll", "poll", "Poll a utility's list of outages and send what changes in it."
    ),
    "erase": Command(
        "outagectl.commands.registry.erase", "erase", "Forget a customer for good: key, numbers, registry."
    ),
    "vault": Command(
        "outagectl.commands.registry.vault", "app", "Look at a phone number, on record; change the key of all."
    ),
    "show": Command(
        "outagectl.commands.show.command", "app", "Tell the whole history of an outage, a customer or a message."
    ),
    "message": Command(
        "outagectl.commands.message.command", "app", "Check the texts; show one as a handset does, with what it costs."
    ),
    "watch": Command(
        "outagectl.commands.watch.command", "watch", "Follow the live story, filtered as you like, until Ctrl-C."
    ),
    "explain": Command(
        "outagectl.commands.explain.command",
        "explain",
        "The answer for a customer who calls: is the power off, till when.",
    ),
    "network": Command(
        "outagectl.commands.network.command", "app", "Show what feeds an element and what it feeds; check the network."
    ),
    "timers": Command(
        "outagectl.commands.duty.timers", "timers", "What comes due next in every service, and what is late and why."
    ),
    "sending": Command("outagectl.commands.sending.command", "app", "Stop, resume and look at the sending of texts."),
    "phones": Command("outagectl.commands.phones", "phones", "Show what every simulated handset received and when."),
    "audit": Command(
        "outagectl.commands.proof.audit",
        "audit",
        "Prove that nothing was lost, doubled or changed; say what is not so.",
    ),
    "heads": Command(
        "outagectl.commands.proof.heads",
        "app",
        "Sign what the logs hold, daily, and prove later that it is still there.",
    ),
    "evidence": Command(
        "outagectl.commands.proof.evidence",
        "app",
        "Bundle all that proves one outage's story, or a statement; verify such a bundle.",
    ),
    "plan": Command(
        "outagectl.commands.plan.command", "app", "Ask what the planner would say to a plan, without changing anything."
    ),
    "policy": Command("outagectl.commands.plan.policy", "app", "List, show and check the rules, regime by regime."),
    "confirm": Command(
        "outagectl.commands.duty.confirm",
        "confirm",
        "Record that a customer knows: somebody spoke with them by telephone.",
    ),
    "task": Command(
        "outagectl.commands.duty.tasks", "app", "What people have to do, first things first; take one, say it is done."
    ),
    "reply": Command(
        "outagectl.commands.duty.replies", "app", "List what customers answered to our texts, and who wants no texts."
    ),
    "callback": Command(
        "outagectl.commands.duty.callback",
        "callback",
        "Record a call to a key customer after a repair: is power back, and what do they say.",
    ),
    "followup": Command(
        "outagectl.commands.duty.followup",
        "app",
        "Call back who reported a fault, once power is back; record what they say.",
    ),
    "facts": Command(
        "outagectl.commands.duty.facts",
        "app",
        "List facts that cannot be so, held till somebody answers; accept or refuse.",
    ),
    "quarantine": Command(
        "outagectl.commands.duty.quarantine", "app", "List, show, retry or drop what could not be judged."
    ),
    "offsets": Command(
        "outagectl.commands.system.offsets",
        "app",
        "Show how far each topic was read; accept a topic that was cut, or skip a record.",
    ),
    "republish": Command(
        "outagectl.commands.system.republish", "republish", "Publish again what a Kafka has lost, in order, same ids."
    ),
    "promises": Command(
        "outagectl.commands.duty.promises",
        "app",
        "What was promised, by when, what became of it, and why it was broken.",
    ),
    "report": Command(
        "outagectl.commands.report.command",
        "report",
        "Figures of supply of a month or year (IEEE 1366), and their cases.",
    ),
    "fulfilment": Command(
        "outagectl.commands.fulfilment.command", "app", "How promises were kept in a month; publish its statement."
    ),
    "board": Command("outagectl.commands.board.command", "app", "Write the public pages as files for a static host."),
    "silence": Command(
        "outagectl.commands.duty.silence",
        "silence",
        "Whose power is off and who has heard nothing for too long, and why.",
    ),
    "rebuild": Command(
        "outagectl.commands.system.rebuild",
        "rebuild",
        "Make a read model anew from the log; without a name, list them.",
    ),
    "token": Command(
        "outagectl.commands.system.token", "app", "Make a token for a system that sends events over HTTP; list them."
    ),
    "migrate": Command(
        "outagectl.commands.system.migrate", "migrate", "Bring the database to the schema that this version knows."
    ),
    "desk": Command(
        "outagectl.commands.system.desk", "desk", "On a cluster: stay, so that people on duty can work in this pod."
    ),
    "rearm": Command(
        "outagectl.commands.system.rearm", "rearm", "After an upgrade or new rules: move what stands elsewhere now."
    ),
}
# Commands within `import`: their modules come from others and are loaded the same way.
IMPORTS: Mapping[str, Command] = {
    "customers": Command("outagectl.commands.registry.customers", "customers", "Key customers from a CSV file."),
    "contacts": Command(
        "outagectl.commands.registry.contacts", "contacts", "Whom to tell, and their numbers, from a CSV file."
    ),
    "network": Command(
        "outagectl.commands.network.importing", "network", "The network model, from a CSV file or a SimBench grid."
    ),
    "feed": Command("outagectl.commands.feeds.importing", "feed", "Kept lists of a utility's outages, from a file."),
    "bchydro": Command(
        "demo.feed.command", "bchydro", "Play a month of one utility's real lists on a clock of its own."
    ),
}


class LazyGroup(TyperGroup):
    """A group that knows its commands' summaries and imports one when it runs."""

    entries: Mapping[str, Command] = COMMANDS
    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Every command, in the order in which a newcomer meets them."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """The command itself; while help is written, only its name and summary."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return _only_named(cmd_name, entry)
        return _load(cmd_name, entry)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Help, without importing what it lists."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


class ImportGroup(LazyGroup):
    """`outagectl import …`."""

    entries = IMPORTS


def _only_named(name: str, entry: Command) -> Any:
    stub = typer.Typer(add_completion=False)
    stub.command(name, help=entry.summary)(_nothing)
    return typer.main.get_command(stub)


def _nothing() -> None:
    """Never called: it stands for a command while help is written."""


def _load(name: str, entry: Command) -> Any:
    try:
        found = getattr(import_module(entry.module), entry.name)
    except ModuleNotFoundError as error:
        # A wheel without the development stack has no `up`; anything else missing is a broken installation.
        raise Misused(
            f"`outagectl {name}` is not part of this installation ({error.name} is missing): install outage-notice "
            "with its extra: pip install 'outage-notice[devstack]'"
        ) from None
    _log_to_stderr()
    if isinstance(found, typer.Typer):
        group: Any = typer.main.get_group(found)
        group.name = name
        return group
    app = typer.Typer(add_completion=False)
    app.command(name)(found)
    return typer.main.get_command(app)


def _log_to_stderr() -> None:
    """What the kernel logs while a command uses it must not mix with the command's answer."""
    structlog = sys.modules.get("structlog")
    if structlog is not None:
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Outage notices by SMS, from dispatch to “power is back”.",
    epilog="Exit codes: 0 fine, 1 wrong or refused, 2 usage, 3 not found, 4 the system is away, 5 this role may not see it all.",
)


@app.callback()
def _root() -> None:
    """Hold the group together; its help stands above."""


def main(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Errors go to standard error, as JSON where --json was given."""
    command = typer.main.get_command(app)
    try:
        result = command.main(args=list(arguments), prog_name="outagectl", standalone_mode=False)
    except CommandError as error:
        return _told(arguments, str(error), error.code)
    except typer.Abort:
        return _told(arguments, "stopped", EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        # Typer's own errors (usage, no such option) know how to show themselves.
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        return int(getattr(error, "exit_code", Misused.code))
    return result if isinstance(result, int) else 0


def _told(arguments: Sequence[str], message: str, code: int) -> int:
    if "--json" in arguments:
        import msgspec  # noqa: PLC0415 - only where it is needed

        sys.stderr.write(msgspec.json.encode({"error": message, "exitCode": code}).decode() + "\n")
    else:
        from services.places import escaped  # noqa: PLC0415 - only where it is needed

        sys.stderr.write("outagectl: " + "\n".join(map(escaped, message.split("\n"))) + "\n")
    return code


def run() -> None:
    """Entry point of the `outagectl` script."""
    from services.kernel.running.interrupts import heed  # noqa: PLC0415 - for --help nothing of the services is loaded

    heed()
    sys.exit(main(sys.argv[1:]))
