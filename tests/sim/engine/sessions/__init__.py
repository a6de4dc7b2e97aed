"""Sessions of PostgreSQL: whose turn it is on one, how one begins, and how it is kept from one client to the next."""
