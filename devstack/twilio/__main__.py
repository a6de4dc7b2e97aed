"""`python -m devstack.twilio --folder DIR --port N`: the simulator as a process of its own, until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from devstack.twilio.config import SAMPLE_ACCOUNT, SAMPLE_TOKEN, SimulatorSettings
from devstack.twilio.simulator import TwilioSimulator
from services.kernel.warp import clock_from


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m devstack.twilio", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where messages and handsets are kept")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument("--clock-file", help="shared clock of a demo; absent: the system's clock")
    parser.add_argument("--account-sid", default=SAMPLE_ACCOUNT)
    parser.add_argument("--auth-token", default=SAMPLE_TOKEN)
    parser.add_argument("--inbound-url", help="public address of the webhook for texts in")
    parser.add_argument("--rate", type=float, default=200.0, help="segments a second and sender (default 200)")
    parser.add_argument("--list-lag", type=float, default=0.0, help="seconds before the list shows a new message")
    parser.add_argument("--seed", type=int, default=1, help="seed of faults by rate")
    parser.add_argument(
        "--reach",
        action="append",
        default=[],
        metavar="PUBLIC=LOCAL",
        help="call webhooks of a public base address at a local one, as a proxy would (may be repeated)",
    )
    return parser


async def serve(options: argparse.Namespace) -> None:
    """Runs until told to stop; the first line on stdout is JSON with the address."""
    settings = SimulatorSettings(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        inbound_url=options.inbound_url,
        segments_per_second=options.rate,
        list_lag_seconds=options.list_lag,
        seed=options.seed,
        reach=dict(pair.split("=", 1) for pair in options.reach),
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = clock_from(options.clock_file)
    async with TwilioSimulator(options.folder, clock, port=options.port, settings=settings) as sim:
        sys.stdout.write(json.dumps({"url": sim.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments().parse_args()))
