"""Measure sending: what a crash and a lost answer do to texts, beside how others send; and a storm at a fixed rate."""
