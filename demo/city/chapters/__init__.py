"""What happens in the city, chapter by chapter: facts that dispatch states, and people who do something."""
