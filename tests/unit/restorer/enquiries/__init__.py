"""Enquiries why power is off."""
