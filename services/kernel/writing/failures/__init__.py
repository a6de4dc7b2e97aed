"""What follows where a transaction fails: it is tried again, split, measured, and too much of it stops the service."""
