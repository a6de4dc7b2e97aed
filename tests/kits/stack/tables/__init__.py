"""Tables of one service on a real PostgreSQL."""
