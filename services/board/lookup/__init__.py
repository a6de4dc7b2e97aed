"""Is my power off? The index that a snapshot holds for it, and how a question finds its answer. Pure."""
