"""What dispatch states, a file per kind of fact; the topic and its types are in schemas/contracts/dispatch.py."""
