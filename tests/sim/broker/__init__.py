"""An in-memory Kafka for one process and any loop's time; README.md says what is as in Kafka and what is not."""

from tests.sim.broker.broker import Broker
from tests.sim.broker.faults import Send
from tests.sim.broker.link import Link
from tests.sim.broker.producer import Producer
from tests.sim.broker.reader import Reader
from tests.sim.broker.shell import Shell

__all__ = ["Broker", "Link", "Producer", "Reader", "Send", "Shell"]
