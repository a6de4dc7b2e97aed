"""What one telephone gets, whoever it is for: texts that are alike as one, and no more in an hour than a person can read."""
