"""What tests share about what the public can read."""
