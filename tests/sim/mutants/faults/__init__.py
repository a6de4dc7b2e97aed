"""The faults themselves, a file for each part of the code that they break."""
