"""Measure deadlines: a million of them armed, found, claimed, fired whole, and how late they are; beside a queue of jobs."""
