"""Tells customers what is due to be said of outages: in which order, how much of it in one transaction, and how fast."""
