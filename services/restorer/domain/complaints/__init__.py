"""Complaints and reports of misconduct: a matter of its own each, answered in time or not. Pure."""
