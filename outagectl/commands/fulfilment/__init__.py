"""How promises were kept, month by month."""
