"""Measure the network model in a service's tables: how long it takes to come in, and what questions of it cost."""
