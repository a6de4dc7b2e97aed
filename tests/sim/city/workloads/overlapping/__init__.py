"""Several outages that touch each other: in each other, become one, all over the city, at both supplies of a customer."""
