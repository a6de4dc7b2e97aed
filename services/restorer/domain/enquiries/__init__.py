"""Enquiries why power is off: a matter of its own each, explained in the rule's time where a rule names one. Pure."""
