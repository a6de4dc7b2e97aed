"""Files that people write (TOML): the form each must have, and what is said of a wrong one, with line and remedy."""
