"""Power is off and comes back: one outage after the other, its times moved, its deadlines close, its facts late."""
