"""What happens in a simulated city, a file a kind: found by this folder, drawn from the seed."""
