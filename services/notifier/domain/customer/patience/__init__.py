"""How much is said to one customer, and what waits so that one text says it all."""
