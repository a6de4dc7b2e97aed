"""Deliberate faults, one at a time, that the simulation has to find: a judge that finds none of them proves nothing."""
