"""The rules of tasks. Pure."""
