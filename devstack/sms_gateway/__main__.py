"""`python -m devstack.sms_gateway --folder DIR --port N`: the gateway as a process of its own, until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from devstack.sms_gateway.config import SAMPLE_ACCOUNT, SAMPLE_SECRET, SAMPLE_SIGNATURE, GatewaySimulatorSettings
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from services.kernel.warp import clock_from


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m devstack.sms_gateway", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where messages and handsets are kept")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument("--clock-file", help="shared clock of a demo; absent: the system's clock")
    parser.add_argument("--account", default=SAMPLE_ACCOUNT)
    parser.add_argument("--secret", default=SAMPLE_SECRET)
    parser.add_argument("--signature", default=SAMPLE_SIGNATURE, help="what is registered, without brackets")
    parser.add_argument("--uplink-url", help="push texts of customers to this address; absent: they wait to be fetched")
    parser.add_argument("--list-lag", type=float, default=0.0, help="seconds before a query shows a new message")
    parser.add_argument("--seed", type=int, default=1, help="seed of faults by rate")
    return parser


async def serve(options: argparse.Namespace) -> None:
    """Runs until told to stop; the first line on stdout is JSON with the address."""
    settings = GatewaySimulatorSettings(
        account=options.account,
        secret=options.secret,
        signatures=[options.signature],
        uplink_url=options.uplink_url,
        list_lag_seconds=options.list_lag,
        seed=options.seed,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = clock_from(options.clock_file)
    async with SmsGatewaySimulator(options.folder, clock, port=options.port, settings=settings) as sim:
        sys.stdout.write(json.dumps({"url": sim.url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments().parse_args()))
