"""Words for the events of each topic: a row for each event type."""
