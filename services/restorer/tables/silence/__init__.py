"""The watch over silence: looked at every few seconds, by tables that say what the notifier said and what it never spoke of."""
