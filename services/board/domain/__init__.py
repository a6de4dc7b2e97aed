"""What may be public, and how it is said. Pure."""
