"""What goes to whom, and what does not: sends that wait for a person, telephones of several, customers who said STOP."""
