"""Serve the board's pages from memory: no database, no broker, no secret."""
