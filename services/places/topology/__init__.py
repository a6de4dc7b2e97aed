"""The network model: elements and what feeds what, which of them a word about places means, and what is wrong with a model. Pure.

Names are compared by `services.places.normal`; everything else by element id.
"""

from services.places.topology.model import NetworkModel
from services.places.topology.part import KeptPart, Meaning, NetworkPart, PartElement
from services.places.topology.resolving import Resolved, resolve
from services.places.topology.walks import WiredElements, above, below, without_power

__all__ = [
    "KeptPart",
    "Meaning",
    "NetworkModel",
    "NetworkPart",
    "PartElement",
    "Resolved",
    "WiredElements",
    "above",
    "below",
    "resolve",
    "without_power",
]
