"""What the HTTP gateway for texts tells us by itself."""
