"""Answer connections of a simulated network with the real servers: aiohttp's for the simulator, uvicorn's for the gateway."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from aiohttp import web
from uvicorn.server import ServerState

from devstack.twilio.simulator import Listen
from services.gateway.app import Gateway, config
from services.kernel.running.http_server import PatientProtocol
from tests.sim.net.network import Host

PORT = 80


def on_host(host: Host, name: str | None = None) -> Listen:
    """For a TwilioSimulator: answer under `name`, or the host's own."""

    async def listen(runner: web.AppRunner) -> str:
        assert runner.server is not None
        host.listen(name or host.name, PORT, runner.server)
        return f"http://{name or host.name}"

    return listen


@contextlib.asynccontextmanager
async def gateway_on(host: Host, gateway: Gateway, name: str | None = None) -> AsyncIterator[str]:
    """A whole gateway, its lifespan included, that answers under `name`; yields its address."""
    how = config(gateway)
    how.load()
    logging.getLogger("uvicorn.error").addFilter(_while_it_runs)
    state = ServerState()
    lifespan = how.lifespan_class(how)
    await lifespan.startup()
    if lifespan.should_exit:
        raise RuntimeError("the gateway does not start")
    host.listen(
        name or host.name,
        PORT,
        lambda: PatientProtocol(config=how, server_state=state, app_state=lifespan.state),
    )
    try:
        yield f"http://{name or host.name}"
    finally:
        host.stop_listening()
        for connection in list(state.connections):
            connection.shutdown()
        await asyncio.gather(*state.tasks)
        await lifespan.shutdown()


def _while_it_runs(_: logging.LogRecord) -> bool:
    """A gateway that is thrown away with its node, once the run is over, complains to nobody."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
