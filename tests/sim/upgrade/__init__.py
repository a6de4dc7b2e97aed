"""An older release plays the first half of a simulated history, this code the second."""
