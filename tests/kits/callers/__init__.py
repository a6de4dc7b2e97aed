"""Complaints and calls run through their deciders, without a kernel."""
