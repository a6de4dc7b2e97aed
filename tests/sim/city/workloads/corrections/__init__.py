"""What dispatch said was not so: corrected, or there was no outage at all."""
