"""What bears out or denies that power is back: topics of those who see it."""
