"""Whom an outage concerns, of customers as the registry has them, and how their supplies stand by it. Pure; said once.

The notifier tells by it; the restorer watches by it whether anybody was forgotten.
"""
