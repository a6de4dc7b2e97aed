"""What happens in a simulated city, a file a kind, in rooms: found by this folder, drawn from the seed (README.md)."""
