"""The watch over silence: who is without power and heard nothing, and why. Pure."""
