"""Check the texts before any customer reads one: with the longest values, in both alphabets, for every kind of customer."""
