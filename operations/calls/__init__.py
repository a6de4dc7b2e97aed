"""Calls back after a repair, to whoever reported it."""
