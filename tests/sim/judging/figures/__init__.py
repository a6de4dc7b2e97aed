"""What is counted of outages and of months, counted again from the facts: slowly, plainly, and by no code of the product."""
