"""A snapshot of the board: pages by path, named by what they hold, and how old the truth in them is."""
