"""Prove that the public can read each notice: fetch its page by its public address, and say what was found."""
