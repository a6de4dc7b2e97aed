"""Who complains, and who is answered: matters beside the outages."""
