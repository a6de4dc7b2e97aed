"""The utility's lines as a file says them: see services/places/network.py, which the gateway reads as well."""

from services.places.network import COLUMNS, Network, load_network

__all__ = ["COLUMNS", "Network", "load_network"]
