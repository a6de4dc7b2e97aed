"""Stories as data: drawn from a seed, told to a person, and with any part of them left out."""
