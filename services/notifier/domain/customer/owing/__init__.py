"""What one customer is owed, as promises on the ledger, and what shows that they know."""
