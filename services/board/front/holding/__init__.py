"""What a front holds: the snapshot that is shown, how old it is, and where the next one comes from."""
