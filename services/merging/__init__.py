"""Hand what is said of a merged outage on to the one that goes on: the log of the one is the queue of the other."""
