"""What the other services say, as the restorer's tables hold it: looked up, judged by nobody."""
