"""Open aiohttp's connections in a simulated network: the rest of its client, and ours above it, is the real thing."""

from socket import gaierror
from typing import Any

from aiohttp import ClientConnectorDNSError, ClientConnectorError, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import ceil_timeout

from services.notifier.sending.providers.one_shot import CheckedConnector
from tests.sim.engine.randomness import InOrder
from tests.sim.net.network import Host


class HostConnector(TCPConnector):
    """Opens connections of one host; raises what TCPConnector raises."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        # Closed in this order, where they are closed while requests are under way.
        self._acquired: Any = InOrder()

    async def _create_connection(
        self,
        req: ClientRequest,
        traces: list[Any],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's signature
    ) -> ResponseHandler:
        name, port = req.url.raw_host or "", req.url.port or 0
        try:
            async with ceil_timeout(timeout.sock_connect, ceil_threshold=timeout.ceil_threshold):
                _, protocol = await self._host.connect(self._factory, (name, port))
        except gaierror as error:
            raise ClientConnectorDNSError(req.connection_key, error) from error
        except TimeoutError:
            raise
        except OSError as error:
            raise ClientConnectorError(req.connection_key, error) from error
        assert isinstance(protocol, ResponseHandler)
        return protocol


class ProviderConnector(HostConnector, CheckedConnector):
    """The sender's: it asks whether a request may still go out, where CheckedConnector asks it."""
