"""What is counted of one outage for the figures that are published: concluded from its facts, as its course is."""
