"""HTTP between simulated processes without a socket; README.md says what is real code."""
