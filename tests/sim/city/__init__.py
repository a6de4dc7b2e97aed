"""A utility's whole system in one simulated run: its services as nodes, its provider, and who tells it things."""
