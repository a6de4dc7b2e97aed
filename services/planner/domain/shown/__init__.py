"""Whether the public could read a notice: what channels say they showed, what the promise to tell makes of it. Pure."""
