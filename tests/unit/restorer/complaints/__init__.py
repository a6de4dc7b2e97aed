"""What is owed to those who complain, and how soon the telephone is answered."""
