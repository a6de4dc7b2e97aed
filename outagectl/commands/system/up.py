"""`outagectl up`: the whole product on this machine until Ctrl-C; data stays in a folder and is found again."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from devstack.servers.stack import StackInUseError
from devstack.system import System, SystemMisconfigured, SystemNotReady
from operations.errors import Away, Misconfigured


def up(
    data: Annotated[Path, typer.Option(help="where data, logs and stack.json lie")] = Path("data"),
) -> None:
    """Run PostgreSQL, Kafka, simulated providers of texts and all services until Ctrl-C."""
    console = Console(highlight=False)
    # pogo-migrate tells each file on standard error; the stack says the same in its own lines.
    logging.getLogger("services.kernel.adapters.migrate").setLevel(logging.ERROR)
    try:
        asyncio.run(_run(data, console))
    except SystemMisconfigured as error:
        raise Misconfigured(str(error)) from None
    except (StackInUseError, SystemNotReady) as error:
        raise Away(str(error)) from None


async def _run(folder: Path, console: Console) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    clock = folder / "clock"
    system = System(
        folder,
        clock_file=clock if clock.exists() else None,
        say=lambda line: console.print(line, markup=False),
        sms_gateway=True,
        board=True,
    )
    running = asyncio.create_task(_hold(system, stop, console, folder))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
    if not running.done() and not system.up:
        running.cancel()  # told to stop while still starting
    try:
        await running
    except asyncio.CancelledError:
        console.print("stopped before everything ran")
    finally:
        stopped.cancel()


async def _hold(system: System, stop: asyncio.Event, console: Console, folder: Path) -> None:
    async with system:
        console.print(f"\n[bold]Everything runs.[/bold] Data, logs and addresses: {folder}/", highlight=False)
        if system.clock_file is not None:
            console.print(
                "[bold]Time stands still here[/bold]: this folder has the clock of a demo, and nobody drives it."
            )
        console.print("In another terminal, from here:")
        there = "" if folder == Path("data") else f" --data {folder}"
        for line in (
            f"outagectl import customers connectors/samples/dongjiang-customers.csv{there}",
            f"outagectl send schemas/examples/outage.started.v1.json{there}",
            f"outagectl show outage ID{there}",
            f"outagectl phones{there}",
            f"outagectl audit{there}",
        ):
            console.print(f"  {line}", markup=False, soft_wrap=True)  # to be copied as it stands
        for name in ("planner", "restorer", "notifier"):
            console.print(
                f"  {name:9} http://127.0.0.1:{system.ports[name]}/healthz/ready  …/metrics",
                markup=False,
                soft_wrap=True,
            )
        console.print(f"  gateway   {system.gateway_url}/v1/openapi.json", markup=False, soft_wrap=True)
        console.print(f"  board     {system.board_url}/  what the public reads", markup=False, soft_wrap=True)
        _say_who_carries_texts(system, console)
        console.print("Events over HTTP, with this folder's own token:")
        console.print(
            f"  curl -sS -H 'Authorization: Bearer {system.gateway_token}' -H 'Content-Type: application/cloudevents+json' "
            f"--data-binary @schemas/examples/outage.started.v1.json {system.gateway_url}/v1/events",
            markup=False,
            soft_wrap=True,
        )
        console.print("Ctrl-C ends it; `outagectl up` goes on where it was.")
        await stop.wait()
        console.print("stopping …")


def _say_who_carries_texts(system: System, console: Console) -> None:
    used = system.environment("notifier")
    gateway = used["OUTAGE_SMS_GATEWAY_URL"]
    both = f"Twilio at {used['OUTAGE_TWILIO_URL']}" + (f", HTTP gateway at {gateway}" if gateway else "")
    console.print(f"  texts     {both}; by country: {used['OUTAGE_SMS_COUNTRIES']}", markup=False, soft_wrap=True)
