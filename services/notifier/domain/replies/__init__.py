"""What customers answer to our texts: how it is understood, whom it concerns, and what follows from it. Pure."""
