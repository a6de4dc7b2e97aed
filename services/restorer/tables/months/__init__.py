"""What is counted of a month: its cases as rows, what they come to, and the statements with their cases."""
