"""Outages that are one: whether they are, and what follows for the one that ends and for the one that goes on. Pure."""
