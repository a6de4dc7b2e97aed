"""Faults of what is counted: figures of supply and of months, and complaints in them."""
