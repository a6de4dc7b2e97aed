"""What the sender makes of a peer's behaviour, over a real socket and over the simulated network."""
