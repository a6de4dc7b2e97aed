"""Which promises the facts make, under which rules, and whether what the services published of them is so."""
